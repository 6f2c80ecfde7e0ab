import { FileError, type Files } from '../platform/platform.ts'
import {
  complaintOf,
  findKey,
  KeyFileError,
  type KeyHost,
  type KeyPlace,
  type KeyPlan,
  largestKeyFile,
  loadKeyFile,
  type MadeKey,
  type OpenedKey,
  openKey,
  withComplaint,
} from './key-file.ts'
import { KeyFolder } from './key-folder.ts'
import type { FirstKey, KeyMaterial, Whereabouts } from './key-material.ts'
import type { Ring, RingKey } from './rotation.ts'
import type { SigningKey } from './signing-key.ts'
import { isSameKey } from './tenant-keys.ts'

/** A key that no ring names yet has this name, so that what a killed process leaves is never taken for a key. */
const stagedName = /^\.([A-Za-z0-9_-][\w.-]*)\.pem\.made$/
const anyName = /\.pem(?:\.made)?$/

/** Keys as PEM files, one folder a tenant. */
export class FileMaterial implements KeyMaterial {
  readonly #host: KeyHost

  constructor(host: KeyHost) {
    this.#host = host
  }

  get #files(): Files {
    return this.#host.files
  }

  async findFirst(plan: KeyPlan): Promise<FirstKey | undefined> {
    const opened = await findKey(plan, this.#host)
    return opened && { opened, whereabouts: this.#nameOf(opened) }
  }

  async openFirst(plan: KeyPlan): Promise<FirstKey> {
    const opened = await openKey(plan, this.#host)
    return { opened, whereabouts: this.#nameOf(opened) }
  }

  #nameOf({ path }: OpenedKey): Whereabouts {
    return path === undefined ? {} : { file: path.slice(this.#files.folderOf(path).length + 1) }
  }

  keep(plan: KeyPlan, { key, pem }: MadeKey): Promise<Whereabouts> {
    const file = `${key.kid}.pem`
    const folder = this.#folderOf(plan)
    return withComplaint(plan, async () => {
      await folder.checkOwn()
      await this.#files.makePrivateFolder(folder.path)
      await this.#files.createPrivate(folder.pathOf(stagedOf(file)), pem)
      return { file }
    })
  }

  settle(plan: KeyPlan, { file }: RingKey): Promise<void> {
    return withComplaint(plan, async () => {
      if (file === undefined) return
      const folder = this.#folderOf(plan)
      const path = folder.pathOfKey(file)
      const pem = await this.#readStaged(folder.pathOf(stagedOf(file)))
      if (pem === undefined) return
      await folder.checkOwn()
      await this.#files.createPrivate(path, pem)
      await folder.remove([stagedOf(file)])
    })
  }

  /** Undefined when another process was faster, or when it has its name already. */
  async #readStaged(path: string): Promise<string | undefined> {
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
      throw new KeyFileError(`${complaintOf(plan)}: the database names no file for ${kid}; ${again}`)
    return withComplaint(plan, async () => {
      const path = this.#folderOf(plan).pathOfKey(file)
      // The process that made the key may have ended before the file got its name.
      if (!(await this.#files.facts(path))) await this.settle(plan, key)
      const wanted = { tenantId: plan.tenantId, algorithm, kid, content: 'kept-key' as const }
      const missing = `does not exist; restore it from a backup, or ${again}`
      const found = await loadKeyFile(path, { ...wanted, missing }, this.#host)
      if (isSameKey(found, key)) return found
      throw new KeyFileError(
        `${complaintOf(plan)}: ${path} is not the key that the database knows as ${kid}; restore it from a backup, or ${again}`,
      )
    })
  }

  destroy(plan: KeyPlace, { file }: RingKey): Promise<void> {
    return withComplaint(plan, async () => {
      if (file === undefined) return
      const folder = this.#folderOf(plan)
      folder.pathOfKey(file)
      await folder.remove([stagedOf(file), file])
    })
  }

  listStrays(plan: KeyPlan, ring: Ring): Promise<readonly string[]> {
    return withComplaint(plan, async () => {
      const names = await this.#folderOf(plan).list()
      return names.filter((name) => {
        const kid = stagedName.exec(name)?.[1]
        return kid !== undefined && !ring.keys.some((key) => key.kid === kid)
      })
    })
  }

  listAll(place: KeyPlace): Promise<readonly string[]> {
    return withComplaint(place, async () =>
      (await this.#folderOf(place).list()).filter((name) => anyName.test(name)),
    )
  }

  removeStrays(plan: KeyPlace, strays: readonly string[]): Promise<void> {
    return withComplaint(plan, () => this.#folderOf(plan).remove(strays))
  }

  async renew(_plan: KeyPlan, ring: Ring): Promise<Ring> {
    return ring
  }

  #folderOf(place: KeyPlace): KeyFolder {
    return new KeyFolder(place, this.#files)
  }
}

function stagedOf(file: string): string {
  return `.${file}.made`
}
