import type { CertificatePair } from '../../platform/certificates.ts'
import type { Connections } from '../../platform/connections.ts'
import type { Listener, ListenOptions, Renewal, Steering } from '../../platform/network.ts'
import type { Platform } from '../../platform/platform.ts'

/** Milliseconds in which connections that wait at an older listener are accepted, after no more can begin there. */
const quietTime = 300
/** Milliseconds for which an older listener keeps its connections where `idle_timeout` never ends them. */
const longestStay = 300_000

/** What serves the connections that began with one certificate. */
interface Part {
  readonly listener: Listener
  /** Undefined until the connections were asked for, and where the system cannot tell them. */
  connections?: Connections | undefined
  /** True: each connection is closed with its next answer. */
  isLeaving: boolean
}

/** A port with TLS whose certificate can be replaced. A connection keeps the certificate with which it began. */
export class TlsListener implements Listener {
  readonly port: number
  readonly steering?: Steering
  readonly #options: ListenOptions
  readonly #after: Platform['after']
  #current: Part
  /** Those of older certificates, while they have connections. */
  readonly #older = new Set<Part>()
  #renewal: (Renewal & { readonly part: Part }) | undefined

  /** Opens the port. Throws like `listen`. */
  constructor(options: ListenOptions, { listen, after }: Pick<Platform, 'listen' | 'after'>) {
    this.#options = options
    this.#after = after
    const exit = { isLeaving: false }
    this.#current = Object.assign(exit, { listener: listen({ ...options, fetch: this.#fetchOf(exit) }) })
    const { port, steering } = this.#current.listener
    this.port = port
    if (steering) this.steering = steering
  }

  /**
   * Listens with this pair too. A connection that began with an older one is closed with its next answer. Throws ListenError. Call
   * {@link retire} when new connections no longer arrive at the older listener.
   */
  async replace(tls: CertificatePair): Promise<void> {
    await this.retire()
    const part = this.#current
    const { renew } = part.listener
    if (!renew) throw new TypeError('This runtime cannot renew a listener')
    const exit = { isLeaving: false }
    const renewal = await renew({ tls, fetch: this.#fetchOf(exit) })
    this.#current = Object.assign(exit, { listener: renewal.next })
    this.#renewal = { ...renewal, part }
    this.#older.add(part)
    part.isLeaving = true
    if (part.connections) await this.#findConnections()
  }

  /** Closes the socket of the older listener. Its connections end with their next answer, or when they were idle for too long. */
  async retire(): Promise<void> {
    const renewal = this.#renewal
    if (!renewal) return
    this.#renewal = undefined
    await renewal.holdOff()
    await new Promise<void>((resolve) => void this.#after(quietTime, resolve))
    const isFree = await renewal.letGo()
    if (this.#current.connections) await this.#findConnections()
    const { idleTimeout = 0 } = this.#options
    const stay = idleTimeout > 0 ? idleTimeout * 1000 : longestStay
    const end = () => void renewal.part.listener.drain().then(() => this.#older.delete(renewal.part))
    if (isFree) this.#after(stay, end)
    else end()
  }

  async openConnections(): Promise<Connections | undefined> {
    const first = await this.#findConnections()
    if (!first) return undefined
    const current = () => this.#current.connections ?? first
    return {
      mostDescriptors: first.mostDescriptors,
      look: () => current().look(),
      isFullUpTo: (number) => current().isFullUpTo(number),
      end: (connection) => current().end(connection),
      findBusy: () => new Set(this.#parts.flatMap(({ connections }) => [...(connections?.findBusy() ?? [])])),
    }
  }

  holdOff(): Promise<boolean> {
    return this.#current.listener.holdOff()
  }

  async drain(): Promise<void> {
    await Promise.all(this.#parts.map(({ listener }) => listener.drain()))
  }

  async close(): Promise<void> {
    await Promise.all(this.#parts.map(({ listener }) => listener.close()))
  }

  get #parts(): readonly Part[] {
    return [this.#current, ...this.#older]
  }

  async #findConnections(): Promise<Connections | undefined> {
    const part = this.#current
    part.connections = await part.listener.openConnections?.()
    return part.connections
  }

  #fetchOf(part: Pick<Part, 'isLeaving'>): ListenOptions['fetch'] {
    const { fetch } = this.#options
    return (request, peer) => {
      const answer = fetch(request, peer)
      if (!part.isLeaving) return answer
      return answer instanceof Promise ? answer.then(closeAfter) : closeAfter(answer)
    }
  }
}

function closeAfter(answer: Response): Response {
  answer.headers.set('Connection', 'close')
  return answer
}
