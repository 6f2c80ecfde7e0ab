import { type Path, renderPath } from '../yaml/read.ts'
import type { Source } from '../yaml/source.ts'

/** Clients that are warned about one by one. */
const mostTold = 20

/** Warns about secrets: once for each client, and for many clients at once not about every one. */
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

  /** Says how many more there are. */
  finish(): void {
    const more = this.#clients.size - mostTold
    if (more > 0) this.#source.warn(['tenants'], `secrets of ${more} more clients are doubtful like these`)
  }
}
