import type { TObject, TString } from '@sinclair/typebox'
import { findEach, type RecordKind, type Records, type TenantStorage } from './storage.ts'

/** Made by `indexKind` of kind.ts. */
export interface IndexKind extends RecordKind<TObject<Record<string, TString>>> {
  /** The member of the value that has the id of the owner. */
  readonly owner: string
}

/**
 * Finds rows of a tenant by a unique key, such as tenants by their issuers. Each key is a row of a separate kind. Methods that write must
 * run in the transaction that writes the row of the owner, so that the index never differs from the rows. Every method throws
 * StorageError.
 */
export class UniqueIndex {
  readonly #rows: Records<Record<string, string>>
  readonly #owner: string

  constructor(rows: TenantStorage, kind: IndexKind) {
    this.#rows = rows.of(kind)
    this.#owner = kind.owner
  }

  /** The id of the row that has the key. */
  async find(key: string): Promise<string | undefined> {
    return (await this.#rows.find(key))?.value[this.#owner]
  }

  /** Whether any of the keys has an owner now. Use it only for an early error, because only {@link claim} decides. */
  async isAnyTaken(keys: readonly string[]): Promise<boolean> {
    return (await this.#rows.findMany(keys)).length > 0
  }

  /** Gives the keys to a row. Returns false if one of them is taken. Then the caller has to throw, so that the transaction is undone. */
  async claim(owner: string, keys: readonly string[]): Promise<boolean> {
    for (const key of inOrder(keys)) {
      if (!(await this.#rows.create({ id: key, value: { [this.#owner]: owner } }))) return false
    }
    return true
  }

  /** Replaces the keys `from` of a row by `to`. Returns false like {@link claim}. */
  async move(
    owner: string,
    { from, to }: { readonly from: readonly string[]; readonly to: readonly string[] },
  ): Promise<boolean> {
    await this.release(
      owner,
      from.filter((key) => !to.includes(key)),
    )
    return this.claim(
      owner,
      to.filter((key) => !from.includes(key)),
    )
  }

  /** Takes the keys from a row. Keys of other rows stay. */
  async release(owner: string, keys: readonly string[]): Promise<void> {
    const { found, damaged } = await findEach(this.#rows, keys)
    const owned = found.filter(({ value }) => value[this.#owner] === owner).map(({ id }) => id)
    // A damaged index row does not name its owner. The keys come from the row of the owner, so the damaged row belongs to it.
    for (const key of inOrder([...owned, ...damaged])) await this.#rows.delete(key)
  }
}

/** Each key once, in an order that is the same everywhere, so that two transactions with the same keys do not wait for each other. */
function inOrder(keys: readonly string[]): string[] {
  return [...new Set(keys)].sort()
}
