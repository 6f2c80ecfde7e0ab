import type { Platform } from '../../platform/platform.ts'
import { type ControlAnswer, findSockets, type Hello, helloPatience } from './control-messages.ts'

export interface FoundServers {
  readonly servers: readonly Hello[]
  /** Sockets whose server takes a connection and says nothing. */
  readonly silent: readonly string[]
}

/** The servers that answer at the sockets of the folder. Throws FileError. */
export async function findServers(
  folder: string,
  platform: Pick<Platform, 'files' | 'localSockets'>,
): Promise<FoundServers> {
  const [servers, silent]: [Hello[], string[]] = [[], []]
  for (const path of await findSockets(folder, platform)) {
    const hello = await askHello(path, platform)
    if (hello === 'silent') silent.push(path)
    else if (hello) servers.push(hello)
  }
  return { servers, silent }
}

/** Undefined: a server that was killed left its socket; the next one removes it. */
async function askHello(
  path: string,
  { localSockets }: Pick<Platform, 'localSockets'>,
): Promise<Hello | 'silent' | undefined> {
  try {
    const text = await localSockets.ask(path, '{"command":"hello"}', helloPatience)
    if (text === undefined) return undefined
    const answer: ControlAnswer = JSON.parse(text)
    return 'hello' in answer ? answer.hello : 'silent'
  } catch {
    return 'silent'
  }
}
