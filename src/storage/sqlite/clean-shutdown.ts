import type { FileFacts, Files } from '../../platform/files.ts'

/**
 * A note beside a SQLite file with the state in which a clean shutdown left it. The next start checks the whole file unless it is still
 * in that state: same file, size, times, name and mode, and no -wal. A process that was killed, or lost power, leaves a -wal. A copy in
 * the place of the file is another file, or has another time. The README.md of storage says what it saves.
 */
function noteOf(path: string): string {
  return `${path}.closed`
}

/** Most bytes of a note. */
const largestNote = 256

/** Whether the file is as a clean shutdown left it. Removes the note, which counts for one start. Never rejects. */
export async function takeCleanShutdown(path: string, files: Files): Promise<boolean> {
  try {
    const note = await readNote(path, files)
    if (note === undefined) return false
    await files.remove(noteOf(path))
    return note === (await renderState(path, files))
  } catch {
    // Another process took the note, or it cannot be read: then the whole file is checked.
    return false
  }
}

async function readNote(path: string, files: Files): Promise<string | undefined> {
  if (!(await files.facts(noteOf(path)))) return undefined
  return new TextDecoder().decode(await files.readSmall(noteOf(path), largestNote))
}

/** Leaves the note once this process has closed the file; does nothing while another process has it open. */
export async function leaveCleanShutdown(path: string, files: Files): Promise<void> {
  const state = await renderState(path, files)
  if (state === undefined) return
  await files.remove(noteOf(path))
  await files.createPrivate(noteOf(path), state)
}

/** Undefined if there is a -wal: then a process has the file open, or was killed. */
async function renderState(path: string, files: Files): Promise<string | undefined> {
  const [file, wal] = [await files.facts(path), await files.facts(`${path}-wal`)]
  return file && !wal ? renderFacts(file) : undefined
}

function renderFacts({ identity, size, modifiedAt, changedAt }: FileFacts): string {
  return `closed well: file ${identity}, ${size} bytes, written ${modifiedAt}, changed ${changedAt}\n`
}
