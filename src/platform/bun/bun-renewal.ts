import { readlinkSync } from 'node:fs'
import type { Listener, Renewal } from '../network.ts'
import { holdOffSockets } from './bun-hold-off.ts'
import { openLibc } from './bun-libc.ts'
import { ListeningSocket } from './bun-sockets.ts'

/**
 * Opens a port of this process once more by `open`, because the runtime never changes the certificate of a listener. The runtime ends the
 * listening of a server only together with its idle connections. So the listening socket itself is taken from it: another socket gets its
 * number (dup(2)), which closes it. The server keeps its connections, and waits for new ones at a socket where none arrives.
 */
export async function renew(port: number, open: () => Listener): Promise<Renewal> {
  const older = (await ListeningSocket.findAll((each) => each.port === port)).map((socket) => ({
    socket,
    name: nameOf(socket),
  }))
  const next = open()
  // A number may belong to something else by now.
  const find = () => older.filter(({ socket, name }) => nameOf(socket) === name).map(({ socket }) => socket)
  return {
    next,
    holdOff: async () => holdOffSockets(find()),
    letGo: async () => closeSockets(find()),
  }
}

/** The name that the system gives a socket, such as `socket:[4711]`; undefined if there is no such descriptor. */
function nameOf({ fd }: ListeningSocket): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return undefined
  }
}

/** AF_UNIX, SOCK_STREAM and O_CLOEXEC of Linux. */
const [unix, stream, closeOnExec] = [1, 1, 0o2000000]

async function closeSockets(sockets: readonly ListeningSocket[]): Promise<boolean> {
  if (sockets.length === 0) return false
  const { socket, dup3, close } = await openLibc()
  const silent = socket(unix, stream | closeOnExec, 0)
  if (silent < 0) return false
  const results = sockets.map(({ fd }) => dup3(silent, fd, closeOnExec))
  close(silent)
  return results.every((result) => result >= 0)
}
