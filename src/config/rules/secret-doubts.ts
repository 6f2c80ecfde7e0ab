import { type Path, renderPath } from '../yaml/read.ts'
import type { Source } from '../yaml/source.ts'

/** The most clients that get a separate warning. */
const mostTold = 20

/** Warns about secrets, once for each client, up to a limit. */
export class SecretDoubts {
  readonly #source: Source
  readonly #clients = new Set<string>()

  constructor(source: Source) {
    this.#source = source
  }

  /** `client` is the path of the client, `path` that of the secret. */
  warn(client: Path, path: Path, message: string): void {
    const name = JSON.stringify(client)
    if (this.#clients.has(name)) return
    this.#clients.add(name)
    if (this.#clients.size <= mostTold) this.#source.warn(path, `${renderPath(path)} ${message}`)
  }

  /** Warns of the number of clients beyond the limit. */
  finish(): void {
    const more = this.#clients.size - mostTold
    if (more > 0) this.#source.warn(['tenants'], `secrets of ${more} more clients are doubtful like these`)
  }
}
