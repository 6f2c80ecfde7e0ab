import type { Files } from '../../platform/files.ts'
import { keyFilePattern } from '../../protocol/names.ts'
import { complaintOf, KeyError, type KeyPlace } from '../key-plan.ts'
import { findTenantOfAside, isAnyKey } from './key-names.ts'

/**
 * The folder of one tenant's keys. Only this class makes paths in it and removes files from it, so that a name from a row of the
 * database never leads anywhere else.
 */
export class KeyFolder {
  readonly #place: KeyPlace
  readonly #files: Files
  readonly path: string

  constructor(place: KeyPlace, files: Files) {
    if (place.folder === null) throw new TypeError(`The tenant ${place.tenantId} has no folder for its keys`)
    this.#place = place
    this.#files = files
    this.path = place.folder
  }

  /** The path of the file that a ring names. Throws {@link KeyError} for a name that no key file can have. */
  pathOfKey(file: string): string {
    const path = findKeyPath(this.path, file, this.#files)
    if (path !== undefined) return path
    throw new KeyError(
      `${complaintOf(this.#place)}: its row ring of kind keyring in the database names the key file ${JSON.stringify(file)}, wanted a plain name such as KID.pem; restore the database from a backup`,
    )
  }

  /** The path of a name that was listed here, or that grantd made. */
  pathOf(name: string): string {
    if (!name.includes('/') && !name.includes('\\') && name !== '..' && name !== '.')
      return this.#files.resolve(this.path, name)
    throw new TypeError(`${JSON.stringify(name)} is not the name of a file`)
  }

  /** The folder that has the folders of all tenants. */
  get parent(): string {
    return this.#files.folderOf(this.path)
  }

  async make(): Promise<void> {
    await this.checkOwn()
    await this.#files.makePrivateFolder(this.path)
  }

  /** Lists the names in the folder. Empty for a link, because grantd removes nothing behind one. */
  async list(): Promise<string[]> {
    return (await this.#files.isLink(this.path)) ? [] : this.#files.list(this.path)
  }

  /** Removes files. A file that is not there is not an error. Throws {@link KeyError} as {@link checkOwn} does. */
  async remove(names: readonly string[]): Promise<void> {
    if (names.length > 0) await this.checkOwn()
    for (const name of names) await this.#files.remove(this.pathOf(name))
  }

  /** Removes the folder, unless something is in it. */
  async removeIfEmpty(): Promise<void> {
    if (!(await this.#files.isLink(this.path))) await this.#files.removeFolder(this.path)
  }

  /** Clears the folders that an earlier build made beside this one for the first key of this tenant. */
  clearAside(): Promise<void> {
    return this.#clearAside((name) => findTenantOfAside(name) === this.#place.tenantId)
  }

  /** Like {@link clearAside}, for every tenant. */
  clearAllAside(): Promise<void> {
    return this.#clearAside((name) => findTenantOfAside(name) !== undefined)
  }

  /**
   * This build makes no such folders. An earlier build that is making a first key at the same time makes another folder if its first one
   * is cleared, so it is safe to clear them.
   */
  async #clearAside(isAside: (name: string) => boolean): Promise<void> {
    for (const name of (await this.#files.list(this.parent)).filter(isAside)) {
      const aside = this.#files.resolve(this.parent, name)
      if (await this.#files.isLink(aside)) continue
      for (const file of (await this.#files.list(aside)).filter(isAnyKey))
        await this.#files.remove(this.#files.resolve(aside, file))
      await this.#files.removeFolder(aside)
    }
  }

  /** Throws {@link KeyError} if the folder is a link, because grantd would write or remove files somewhere else. */
  async checkOwn(): Promise<void> {
    if (!(await this.#files.isLink(this.path))) return
    throw new KeyError(
      `${complaintOf(this.#place)}: ${this.path} is a symbolic link, and grantd writes and removes nothing through it; put a folder with the keys in its place, or let data_dir be the link`,
    )
  }
}

/** The path of a key file, for people to read; undefined for a name that no key file can have. */
export function findKeyPath(folder: string, file: string, files: Pick<Files, 'resolve'>): string | undefined {
  return keyFilePattern.test(file) ? files.resolve(folder, file) : undefined
}
