import { FileError, type Files } from '../../platform/files.ts'
import { tenantIdPattern } from '../../protocol/names.ts'
import type { KeyHost } from '../key-host.ts'
import type { FirstKey, KeyMaterial, MadeKey, Whereabouts } from '../key-material.ts'
import { complaintOf, KeyError, type KeyPlace, type KeyPlan } from '../key-plan.ts'
import type { Ring, RingKey } from '../ring/rotation.ts'
import { type SigningKey, thumbprintOf } from '../signing-key.ts'
import { isSameKey } from '../tenant-keys.ts'
import { findKey, largestKeyFile, loadKeyFile, withComplaint } from './key-file.ts'
import { findKeyPath, KeyFolder } from './key-folder.ts'
import { findStagedThumbprint, isAnyKey, isOurs, isUnfinished, stagedName } from './key-names.ts'

/** Keys as PEM files, in one folder for each tenant. */
export class FileMaterial implements KeyMaterial {
  readonly #host: KeyHost
  /** The search for files that earlier builds left, by the folder of all tenants. */
  readonly #looked = new Map<string, Promise<void>>()

  constructor(host: KeyHost) {
    this.#host = host
  }

  get #files(): Files {
    return this.#host.files
  }

  #attempt<T>(plan: KeyPlace, work: () => Promise<T>): Promise<T> {
    return withComplaint({ plan, host: this.#host }, work)
  }

  async findFirst(plan: KeyPlan): Promise<FirstKey | undefined> {
    const opened = await findKey(plan, this.#host)
    if (opened?.path === undefined) return undefined
    const file = opened.path.slice(this.#files.folderOf(opened.path).length + 1)
    return { opened, whereabouts: { file } }
  }

  prepare(plan: KeyPlan): Promise<void> {
    return this.#attempt(plan, async () => {
      const folder = this.#folderOf(plan)
      await folder.make()
      await this.#files.checkWritable(folder.path)
    })
  }

  /** Until {@link settle}, the file has a name that no key has, so that no process takes the file of a killed process for a key. */
  keep(plan: KeyPlan, { key, pem }: MadeKey): Promise<Whereabouts> {
    return this.#attempt(plan, async () => {
      const folder = this.#folderOf(plan)
      await folder.make()
      await this.#files.stagePrivate(folder.pathOf(stagedName(await thumbprintOf(key.jwk))), pem)
      return { file: `${key.kid}.pem` }
    })
  }

  settle(place: KeyPlace, { file, jwk }: RingKey): Promise<void> {
    return this.#attempt(place, async () => {
      if (file === undefined) return
      const folder = this.#folderOf(place)
      const path = folder.pathOfKey(file)
      const name = stagedName(await thumbprintOf(jwk))
      if (!(await this.#files.facts(folder.pathOf(name)))) return
      await folder.checkOwn()
      if (await this.#giveName(folder.pathOf(name), path)) return
      // A process that is killed in between leaves both names.
      if (await this.#isSame(folder.pathOf(name), path)) return folder.remove([name])
      throw new KeyError(
        `${complaintOf(place)}: ${path} is another file than the key that was made under this name; move it elsewhere`,
      )
    })
  }

  isKept(plan: KeyPlan, { file, jwk }: RingKey): Promise<boolean> {
    return this.#attempt(plan, async () => {
      if (file === undefined) return false
      const folder = this.#folderOf(plan)
      for (const path of [folder.pathOf(stagedName(await thumbprintOf(jwk))), folder.pathOfKey(file)])
        if (await this.#files.facts(path)) return true
      return false
    })
  }

  async settleAll(place: KeyPlace, ring: Ring): Promise<void> {
    const names = await this.#attempt(place, () => this.#folderOf(place).list())
    if (!names.some(isUnfinished)) return
    for (const key of ring.keys)
      if (names.includes(stagedName(await thumbprintOf(key.jwk)))) await this.settle(place, key)
  }

  /** Returns true also when another process gave the file its name meanwhile. */
  async #giveName(staged: string, path: string): Promise<boolean> {
    try {
      return await this.#files.giveName(staged, path)
    } catch (cause) {
      if (cause instanceof FileError && cause.code === 'ENOENT') return true
      throw cause
    }
  }

  async #isSame(staged: string, path: string): Promise<boolean> {
    const [a, b] = [await this.#read(staged), await this.#read(path)]
    return a === undefined || a === b
  }

  /** Returns undefined when the file is gone. */
  async #read(path: string): Promise<string | undefined> {
    try {
      return new TextDecoder().decode(await this.#files.readSmall(path, largestKeyFile))
    } catch (cause) {
      if (cause instanceof FileError && cause.code === 'ENOENT') return undefined
      throw cause
    }
  }

  load(plan: KeyPlan, key: RingKey): Promise<SigningKey> {
    const { file, kid, algorithm } = key
    const again = `make a new key: grantd keys rotate --now --tenant ${plan.tenantId}`
    if (file === undefined)
      throw new KeyError(`${complaintOf(plan)}: the database names no file for ${kid}; ${again}`)
    return this.#attempt(plan, async () => {
      const path = await this.#findPath(plan, { ...key, file })
      const wanted = { tenantId: plan.tenantId, algorithm, kid, content: 'kept-key' as const }
      const missing = `does not exist; restore it from a backup, or ${again}`
      const found = await loadKeyFile(path, { ...wanted, missing }, this.#host)
      if (isSameKey(found, key)) return found
      throw new KeyError(
        `${complaintOf(plan)}: ${path} is not the key that the database knows as ${kid}; restore it from a backup, or ${again}`,
      )
    })
  }

  findPath({ folder }: KeyPlace, { file }: RingKey): string | undefined {
    return folder === null || file === undefined ? undefined : findKeyPath(folder, file, this.#files)
  }

  /** The file may still have its staged name: the process that made it was killed, or the disk is full. */
  async #findPath(plan: KeyPlan, key: RingKey & { readonly file: string }): Promise<string> {
    const folder = this.#folderOf(plan)
    const path = folder.pathOfKey(key.file)
    if (await this.#files.facts(path)) return path
    const staged = folder.pathOf(stagedName(await thumbprintOf(key.jwk)))
    const failure = await this.settle(plan, key).catch((cause: unknown) => cause)
    if (failure === undefined) return path
    if (failure instanceof KeyError && (await this.#files.facts(staged))) return staged
    throw failure
  }

  discard(place: KeyPlace, { jwk }: Pick<RingKey, 'jwk'>): Promise<void> {
    return this.#attempt(place, async () => {
      const folder = this.#folderOf(place)
      await folder.remove([stagedName(await thumbprintOf(jwk))])
      await folder.removeIfEmpty()
    })
  }

  destroy(place: KeyPlace, { file, jwk }: RingKey): Promise<void> {
    return this.#attempt(place, async () => {
      if (file === undefined) return
      const folder = this.#folderOf(place)
      folder.pathOfKey(file)
      await folder.remove([stagedName(await thumbprintOf(jwk)), file])
    })
  }

  listOrphans(place: KeyPlace, ring: Ring | undefined): Promise<readonly string[]> {
    return this.#attempt(place, async () => {
      const folder = this.#folderOf(place)
      await this.#clearAside(folder)
      const names = (await folder.list()).filter(isUnfinished)
      if (names.length === 0) return []
      const named = await Promise.all((ring?.keys ?? []).map(({ jwk }) => thumbprintOf(jwk)))
      return names.filter((name) => !named.includes(findStagedThumbprint(name) ?? ''))
    })
  }

  /** Only earlier builds left such folders, so one search in the life of a process is enough. */
  #clearAside(folder: KeyFolder): Promise<void> {
    const looked = this.#looked.get(folder.parent) ?? folder.clearAllAside()
    this.#looked.set(folder.parent, looked)
    return looked
  }

  listUnfinished(place: KeyPlace, before: number): Promise<readonly string[]> {
    return this.#attempt(place, async () => {
      const folder = this.#folderOf(place)
      const found: string[] = []
      for (const name of (await folder.list()).filter(isUnfinished)) {
        const facts = await this.#files.facts(folder.pathOf(name))
        if (facts && facts.changedAt <= before) found.push(name)
      }
      return found
    })
  }

  listPlaces(place: KeyPlace): Promise<readonly string[]> {
    return this.#attempt(place, async () => {
      const { parent } = this.#folderOf(place)
      if (await this.#files.isLink(parent)) return []
      return (await this.#files.list(parent)).filter((name) => tenantIdPattern.test(name))
    })
  }

  listOurs(place: KeyPlace): Promise<readonly string[]> {
    return this.#list(place, isOurs)
  }

  listAll(place: KeyPlace): Promise<readonly string[]> {
    return this.#list(place, isAnyKey)
  }

  #list(place: KeyPlace, isWanted: (name: string) => boolean): Promise<readonly string[]> {
    return this.#attempt(place, async () => (await this.#folderOf(place).list()).filter(isWanted))
  }

  removeOrphans(place: KeyPlace, orphans: readonly string[]): Promise<void> {
    return this.#attempt(place, () => this.#folderOf(place).remove(orphans))
  }

  removePlace(place: KeyPlace): Promise<void> {
    return this.#attempt(place, async () => {
      const folder = this.#folderOf(place)
      await folder.clearAside()
      await folder.removeIfEmpty()
    })
  }

  removeIfEmpty(place: KeyPlace): Promise<void> {
    return this.#attempt(place, () => this.#folderOf(place).removeIfEmpty())
  }

  async renew(_plan: KeyPlan, ring: Ring): Promise<Ring> {
    return ring
  }

  #folderOf(place: KeyPlace): KeyFolder {
    return new KeyFolder(place, this.#files)
  }
}
