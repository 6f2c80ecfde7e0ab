import { CommandError } from '../cli/command.ts'
import { ListenError, type Listener, type ListenOptions } from '../platform/network.ts'
import type { Platform } from '../platform/platform.ts'
import { hostInUrl } from '../protocol/url/host.ts'

/** Opens a port. Throws a CommandError with the next step. `option` is the name of the option that chooses another port. */
export function openPort(
  options: ListenOptions,
  { listen }: Pick<Platform, 'listen'>,
  option = '--port',
): Listener {
  try {
    return listen(options)
  } catch (cause) {
    if (!(cause instanceof ListenError)) throw cause
    const { hostname, port } = options
    const reason = explainListen(cause.code, { hostname, port, option })
    throw new CommandError(`Cannot listen on ${hostInUrl(hostname)}:${port}: ${reason}`, { cause })
  }
}

interface Wanted {
  readonly hostname: string
  readonly port: number
  readonly option: string
}

/** The next step for an error code of the system. */
function explainListen(code: string, { hostname, port, option }: Wanted): string {
  if (code === 'EACCES') return `not allowed for this user; choose a port from 1024 up with ${option}`
  const isName = !/^[\d.]+$|:|^localhost$/.test(hostname)
  const noName = `${hostname} is no name of this machine`
  // The runtime uses EADDRINUSE, ENOTSUP or EINVAL for a name that cannot be resolved. Any free port (0) cannot be in use.
  if (code === 'EADDRINUSE' && !(isName && port === 0)) {
    const doubt = isName ? `, or ${noName}` : ''
    return `the port is in use${doubt}; stop what uses it, or choose another with ${option}`
  }
  return `${isName ? noName : code}; choose another address with ${option.replace('port', 'host')}`
}

/**
 * Checks that no other server has the port. A listener that shares its port cannot check this, because it would share the port even with
 * another server of the same user. Returns the number of the port. For port 0, all workers use this number.
 */
export async function takePort(
  { host, port }: { host: string; port: number },
  platform: Pick<Platform, 'listen'>,
): Promise<number> {
  const fetch = async () => new Response(null, { status: 503 })
  const probe = openPort({ hostname: host, port, fetch }, platform)
  await probe.close()
  return probe.port
}
