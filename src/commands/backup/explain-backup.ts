import { BackupError } from '../../backup/backup-error.ts'
import { CommandError } from '../../cli/command.ts'

/** Turns a BackupError into a CommandError. */
export async function explainBackup<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (!(cause instanceof BackupError)) throw cause
    throw new CommandError(cause.message, { cause })
  }
}
