import { type Log, renderCause } from '../../log.ts'
import { longestSocketPath } from '../../platform/local-sockets.ts'
import type { Platform } from '../../platform/platform.ts'
import {
  type ControlAnswer,
  type ControlRequest,
  controlFolder,
  findSockets,
  helloPatience,
} from './control-messages.ts'

export type ControlActions = {
  readonly [Command in ControlRequest['command']]: (
    request: Extract<ControlRequest, { command: Command }>,
  ) => Promise<ControlAnswer>
}

interface OpenOptions {
  readonly platform: Platform
  readonly log: Log
  /** Undefined: the server keeps nothing, and nobody can find it. */
  readonly dataDir: string | undefined
  readonly actions: ControlActions
}

export interface Control {
  close(): Promise<void>
}

const noControl: Control = { close: async () => {} }

/**
 * Opens the socket by which commands reach this server: in a folder of data_dir that only its user can enter. A server that cannot open
 * it serves all the same, and signals reach it.
 */
export async function openControl(options: OpenOptions): Promise<Control> {
  const { platform, log, dataDir } = options
  if (dataDir === undefined) return noControl
  const { files, processes, randomBytes } = platform
  const folder = controlFolder(dataDir, files)
  const path = files.resolve(folder, `${processes.pid}-${randomBytes(4).toHex()}.sock`)
  try {
    if (new TextEncoder().encode(path).byteLength > longestSocketPath)
      throw new Error(`the path ${path} is too long for a socket, wanted at most ${longestSocketPath} bytes`)
    const isNew = (await files.facts(dataDir)) === undefined
    await files.makePrivateFolder(folder)
    const server = await platform.localSockets.serve(path, (message) => answer(message, options))
    void removeStale(folder, path, platform)
    return {
      close: () => closeControl({ server, path, folder, madeFolder: isNew ? dataDir : undefined }, platform),
    }
  } catch (cause) {
    log('info', 'grantd reload and grantd plan cannot reach this server, signals can', {
      reason: renderCause(cause),
    })
    return noControl
  }
}

interface Opened {
  readonly server: Control
  readonly path: string
  readonly folder: string
  /** The data_dir, if it was made for the socket. */
  readonly madeFolder: string | undefined
}

async function closeControl(
  { server, path, folder, madeFolder }: Opened,
  { files }: Platform,
): Promise<void> {
  await server.close()
  await files.remove(path).catch(() => {})
  await files.removeFolder(folder).catch(() => false)
  // A server that keeps nothing leaves nothing.
  if (madeFolder !== undefined) await files.removeFolder(madeFolder).catch(() => false)
}

async function answer(message: string, { actions, log }: OpenOptions): Promise<string> {
  try {
    const request: ControlRequest = JSON.parse(message)
    const act = actions[request.command] as ((request: ControlRequest) => Promise<ControlAnswer>) | undefined
    if (!act)
      return JSON.stringify({ error: 'this server does not know the command; its version is another one' })
    return JSON.stringify(await act(request))
  } catch (cause) {
    log('error', 'a command could not be answered', { reason: renderCause(cause) })
    return JSON.stringify({ error: renderCause(cause) })
  }
}

/** Removes the sockets that killed servers left. */
async function removeStale(folder: string, own: string, platform: Platform): Promise<void> {
  for (const path of await findSockets(folder, platform).catch(() => [])) {
    if (path === own) continue
    const answered = await platform.localSockets
      .ask(path, '{"command":"hello"}', helloPatience)
      .catch(() => 'unknown')
    if (answered === undefined) await platform.files.remove(path).catch(() => {})
  }
}
