import { plainAddress } from '../address.ts'
import type { Connection, Connections, ConnectionsLook } from '../connections.ts'
import { OpenDescriptors } from './bun-descriptors.ts'
import { type Libc, openLibc } from './bun-libc.ts'
import { Memory } from './bun-memory.ts'
import { ListeningSocket } from './bun-sockets.ts'

/** socket(7), tcp(7), sys/socket.h and sys/resource.h of Linux. */
const solSocket = 1
const linger = 13
const socketCookie = 57
const tcpLevel = 6
const tcpInfo = 11
const bothWays = 2
const ipv6 = 10
const descriptorLimit = 7
/** F_DUPFD_CLOEXEC */
const duplicate = 1030
/** The runtime keeps it open, with /dev/null where it was closed. */
const standardInput = 0

/** Places in struct tcp_info of linux/tcp.h, in bytes. */
const info = {
  size: 216,
  state: 0,
  unacked: 24,
  sinceSent: 44,
  sinceReceived: 52,
  acknowledged: 120,
  received: 128,
  notSent: 144,
  sent: 200,
  sentAgain: 208,
} as const
const listening = 10

/**
 * Connections that may wait to be accepted, if net.core.somaxconn allows it. The runtime says 512. Beyond, the system drops the first
 * packet of a client, which tries again after a second.
 */
const backlog = 4096

/** More than any process here has. Without a bound, RLIM_INFINITY would be the limit. */
const mostOpen = 1_048_576

interface Known {
  readonly id: number
  readonly isOurs: boolean
  readonly address: string | undefined
  readonly port: number
}

/** Other ends with a request in hand, as `address:port`. */
type FindBusy = () => ReadonlySet<string>

/** Undefined if the system is no Linux with glibc. */
export async function openConnections(port: number, findBusy: FindBusy): Promise<Connections | undefined> {
  // More than one while a listener takes over from an older one.
  const listeners = await ListeningSocket.findAll((each) => each.port === port)
  if (listeners.length === 0) return undefined
  const libc = await openLibc()
  for (const { fd } of listeners) libc.listen(fd, backlog)
  return new BunConnections(libc, { port, findBusy })
}

interface Place {
  readonly port: number
  readonly findBusy: FindBusy
}

/**
 * Finds connections by asking the system about each descriptor, because the runtime names none. It opens nothing, so it works when no
 * descriptor is free.
 */
class BunConnections implements Connections {
  readonly mostDescriptors: number
  readonly findBusy: FindBusy
  readonly #libc: Libc
  readonly #place: Place
  readonly #descriptors: OpenDescriptors
  /** What does not change, by descriptor. */
  #known = new Map<number, Known>()
  /** The descriptors of the connections of the last look, by id. */
  readonly #places = new Map<number, number>()
  readonly #info: Memory
  readonly #cookie: Memory
  readonly #address: Memory
  readonly #text: Memory
  readonly #size: Memory

  constructor(libc: Libc, place: Place) {
    this.#libc = libc
    this.#place = place
    this.findBusy = place.findBusy
    this.#info = new Memory(libc, info.size)
    this.#cookie = new Memory(libc, 8)
    this.#address = new Memory(libc, 28)
    this.#text = new Memory(libc, 46)
    this.#size = new Memory(libc, 4)
    this.mostDescriptors = Math.min(readLimit(libc), mostOpen)
    this.#descriptors = new OpenDescriptors(libc, this.mostDescriptors)
  }

  look(): ConnectionsLook {
    const known = new Map<number, Known>()
    const connections: Connection[] = []
    this.#places.clear()
    const open = this.#descriptors.list()
    for (const fd of open) {
      if (!this.#readInfo(fd)) continue
      const found = this.#identify(fd)
      if (!found?.isOurs) continue
      known.set(fd, found)
      this.#places.set(found.id, fd)
      connections.push(this.#render(found))
    }
    this.#known = known
    return { connections, otherDescriptors: open.length - connections.length }
  }

  isFullUpTo(number: number): boolean {
    const { fcntl, close } = this.#libc
    const lowest = fcntl(standardInput, duplicate, 0)
    if (lowest < 0) return true
    close(lowest)
    return lowest >= number
  }

  end({ id, isSending }: Connection): void {
    const fd = this.#places.get(id)
    // The number may belong to another connection by now.
    if (fd === undefined || this.#readCookie(fd) !== id) return
    if (isSending) this.#dropUnsent(fd)
    this.#libc.shutdown(fd, bothWays)
  }

  /** Otherwise the system would keep what is not read in its memory for minutes more. */
  #dropUnsent(fd: number): void {
    // struct linger: on, and no second of waiting.
    this.#address.bytes.setInt32(0, 1, true)
    this.#address.bytes.setInt32(4, 0, true)
    this.#libc.setsockopt(fd, solSocket, linger, this.#address.pointer, 8)
  }

  /** Reads into `#info`. False for what is no connection. */
  #readInfo(fd: number): boolean {
    this.#size.bytes.setUint32(0, info.size, true)
    if (this.#libc.getsockopt(fd, tcpLevel, tcpInfo, this.#info.pointer, this.#size.pointer) !== 0)
      return false
    return this.#info.bytes.getUint8(info.state) !== listening
  }

  /** What `#info` says. */
  #render({ id, address, port }: Known): Connection {
    const { bytes } = this.#info
    return {
      ...{ id, address, port },
      received: this.#info.count(info.received),
      // The system counts repeated bytes too.
      sent: this.#info.count(info.sent) - this.#info.count(info.sentAgain),
      acknowledged: this.#info.count(info.acknowledged),
      isSending: bytes.getUint32(info.unacked, true) > 0 || bytes.getUint32(info.notSent, true) > 0,
      waiting: bytes.getUint32(info.notSent, true),
      sinceReceived: bytes.getUint32(info.sinceReceived, true),
      sinceSent: bytes.getUint32(info.sinceSent, true),
    }
  }

  #identify(fd: number): Known | undefined {
    const id = this.#readCookie(fd)
    if (id === undefined) return undefined
    const kept = this.#known.get(fd)
    if (kept?.id === id) return kept
    const own = this.#readAddress(fd, this.#libc.getsockname)
    const peer = this.#readAddress(fd, this.#libc.getpeername)
    return { id, isOurs: own?.port === this.#place.port, address: peer?.address, port: peer?.port ?? 0 }
  }

  #readCookie(fd: number): number | undefined {
    this.#size.bytes.setUint32(0, 8, true)
    const { pointer } = this.#cookie
    if (this.#libc.getsockopt(fd, solSocket, socketCookie, pointer, this.#size.pointer) !== 0)
      return undefined
    return this.#cookie.count(0)
  }

  #readAddress(
    fd: number,
    read: Libc['getpeername'],
  ): { readonly address: string; readonly port: number } | undefined {
    this.#size.bytes.setUint32(0, 28, true)
    if (read(fd, this.#address.pointer, this.#size.pointer) !== 0) return undefined
    const { bytes } = this.#address
    const family = bytes.getUint16(0, true)
    // struct sockaddr_in6 has four bytes more between the port and the address.
    const start = this.#address.pointerAt(family === ipv6 ? 8 : 4)
    if (this.#libc.inet_ntop(family, start, this.#text.pointer, 46) === null) return undefined
    const text = new Uint8Array(this.#text.bytes.buffer)
    const address = new TextDecoder().decode(text.subarray(0, text.indexOf(0)))
    return { address: plainAddress(address) ?? address, port: bytes.getUint16(2) }
  }
}

function readLimit(libc: Libc): number {
  const limits = new Memory(libc, 16)
  return libc.getrlimit(descriptorLimit, limits.pointer) === 0 ? limits.count(0) : 1024
}
