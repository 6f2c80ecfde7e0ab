/** A host as the URL has it. */
export interface WrittenHost {
  /** A name, an address without brackets, or the folder of a Unix socket. */
  readonly host: string
  readonly port: number
}

export interface HostListOptions {
  /** Undoes percent-encoding. Throws if it is malformed. */
  readonly decode: (text: string) => string
  /** The parameter `port`: one port for all hosts, or one for each. */
  readonly ports: string | null
  /** Whether a host can have its own port and is percent-encoded, as before the path. */
  readonly hasPorts: boolean
}

/**
 * Parses `a:5432,[::1]:5433,%2Frun%2Fpostgresql`, or the lists of the parameters `host` and `port`. Undefined if a host or port is
 * malformed, or if the numbers of hosts and ports differ.
 */
export function parseHosts(list: string, options: HostListOptions): readonly WrittenHost[] | undefined {
  const pieces = list.split(',')
  const ports = options.ports?.split(',') ?? []
  if (ports.length > 1 && ports.length !== pieces.length) return undefined
  const hosts: WrittenHost[] = []
  for (const [index, piece] of pieces.entries()) {
    const common = ports[ports.length === 1 ? 0 : index]
    const host = options.hasPorts ? parsePiece(piece, common, options) : toHost(piece, common)
    if (!host) return undefined
    hosts.push(host)
  }
  return hosts
}

function parsePiece(
  piece: string,
  common: string | undefined,
  { decode }: HostListOptions,
): WrittenHost | undefined {
  const [, host = '', port] = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d*))?$/.exec(piece) ?? []
  return toHost(decode(host), common ?? port)
}

function toHost(host: string, port: string | undefined): WrittenHost | undefined {
  const plain = host.replace(/^\[(.*)\]$/, '$1')
  const number = port === undefined || port === '' ? 5432 : readPort(port)
  // A host with other characters is part of something else, such as a password.
  const isHost = /^(?:\/[^\0]+|[\p{L}\p{N}._:%-]+)$/u.test(plain)
  return isHost && number !== undefined ? { host: plain, port: number } : undefined
}

function readPort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return port >= 1 && port <= 65_535 ? port : undefined
}
