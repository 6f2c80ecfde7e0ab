import type { Files } from '../../platform/files.ts'
import type { ConfigSource, PlanResult, SwapResult } from '../../supervisor/worker-messages.ts'

/** What a command asks of a running server. */
export type ControlRequest =
  | { readonly command: 'hello' }
  /** Read the files again and put them in force. */
  | { readonly command: 'reload' }
  /** Say what these files would change. */
  | { readonly command: 'plan'; readonly source: ConfigSource }
  /** Replace the workers by new processes. */
  | { readonly command: 'restart-workers' }

/** Milliseconds for a server to say hello. */
export const helloPatience = 5000

/** A running server. The members after `pid` are missing in the answer of an older version. */
export interface Hello {
  readonly version: string
  readonly pid: number
  readonly commit?: string
  /** When the configuration in force was read (ms since the epoch). */
  readonly loadedAt?: number
  /** Whether the newest configuration was refused. */
  readonly isConfigRejected?: boolean
  /** Null: one process serves alone. */
  readonly workers?: WorkerCounts | null
  /** The port that is listened on, for a configuration with port 0. */
  readonly port?: number
}

/** How many worker processes serve, and how many should. */
export interface WorkerCounts {
  readonly wanted: number
  readonly serving: number
  /** Workers that ended unasked and were started again. */
  readonly restarts: number
}

export type ControlAnswer =
  | { readonly hello: Hello }
  | { readonly reload: SwapResult }
  | { readonly plan: PlanResult }
  | { readonly restartWorkers: 'done' | 'failed' | 'no workers' }
  | { readonly error: string }

/** The folder of the sockets by which commands reach the servers of a data_dir. */
export function controlFolder(dataDir: string, { resolve }: Pick<Files, 'resolve'>): string {
  return resolve(dataDir, 'control')
}

/** The paths of the sockets in the folder. Servers that were killed may have left some. */
export async function findSockets(
  folder: string,
  { files }: { readonly files: Pick<Files, 'list' | 'resolve'> },
): Promise<string[]> {
  const names = await files.list(folder)
  return names.filter((name) => name.endsWith('.sock')).map((name) => files.resolve(folder, name))
}
