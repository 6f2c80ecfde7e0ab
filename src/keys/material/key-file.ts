import { type Exposure, findExposure } from '../../exposure.ts'
import { FileError, type Files } from '../../platform/files.ts'
import type { Platform } from '../../platform/platform.ts'
import { type SignatureAlgorithm, signatureAlgorithms } from '../../protocol/algorithms.ts'
import { UnavailableError } from '../../protocol/errors.ts'
import type { RotationSettings } from '../ring/rotation.ts'
import type { SigningEngine } from '../signing/signer.ts'
import { KeyMaterialError, parseSigningKey, type SigningKey } from '../signing-key.ts'

/** Where the keys of a tenant are. */
export interface KeyPlace {
  readonly tenantId: string
  /** The folder of this tenant's keys; null: a key is made for this process alone and never written. */
  readonly folder: string | null
}

/** Where a tenant's keys are, what they have to be and when they change. */
export interface KeyPlan extends RotationSettings, KeyPlace {
  /** See Tenant.generation; left out for one of config.yaml. */
  readonly generation?: number
  /** Of the first key alone; null: the RFC 7638 thumbprint. */
  readonly kid: string | null
  /** A file of the operator, to load and never to write or to replace; null: the keys are grantd's own. */
  readonly file: string | null
  /** Seconds that verifiers may keep the JWK Set. */
  readonly jwksMaxAge: number
}

/** What keys are kept in and made with. */
export interface KeyHost extends KeyMaker {
  readonly files: Files
  /** Is told of every key file that is used though its group reaches it. */
  readonly onExposure?: (exposure: Exposure) => void
}

/** What keys are made with. */
export interface KeyMaker extends Pick<Platform, 'generateKeyPem'> {
  /** Where opened keys sign; default: {@link threadEngine}. */
  readonly engine?: SigningEngine | undefined
}

/** A key that was found or made. */
export interface OpenedKey {
  readonly key: SigningKey
  /** Undefined for a key that is not kept in a file. */
  readonly path: string | undefined
  readonly generated: boolean
}

/** A tenant's key cannot be had; nothing was put in its place. `message` names the file and the next step. */
export class KeyFileError extends UnavailableError {}

/** Bytes. */
export const largestKeyFile = 64 * 1024

/** Loads the tenant's key; undefined when it has to be made yet. Throws {@link KeyFileError}. */
export function findKey(plan: KeyPlan, host: KeyHost): Promise<OpenedKey | undefined> {
  return withComplaint(plan, async () => {
    const path = plan.file ?? (await findKeyFile(plan, host.files))
    const content = plan.file === null ? 'kept-key' : 'given-key'
    return path === undefined
      ? undefined
      : {
          key: await loadKeyFile(path, { ...plan, content, missing: noSuchKey }, host),
          path,
          generated: false,
        }
  })
}

const noSuchKey = 'does not exist; put the key there, or leave private_key_file out for a generated one'

/** Runs `work`; a file that the system refuses becomes a {@link KeyFileError} about the key of the tenant. */
export async function withComplaint<T>(plan: KeyOwner, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (!(cause instanceof FileError)) throw cause
    throw new KeyFileError(`${complaintOf(plan)}: ${cause.message}; ${nextStep(cause.code)}`, { cause })
  }
}

/** What to do where the system lets this user read no key. */
export const howToGiveAccess =
  'give this user access to it; in Kubernetes give its Secret volume defaultMode: 0440 and the Pod an fsGroup, or set runAsUser to its owner'

/** What to do about the system's word. */
function nextStep(code: string): string {
  const steps: Readonly<Record<string, string>> = {
    ENOSPC: 'make room on the disk',
    EROFS: 'the disk is read-only: choose another folder with data_dir',
    EEXIST: 'a file is where a folder is wanted: choose another data_dir',
    ENOTDIR: 'a file is where a folder is wanted: choose another data_dir',
  }
  return steps[code] ?? howToGiveAccess
}

/** Whose key it is. */
export interface KeyOwner {
  readonly tenantId: string
}

/** How every complaint about a key begins. */
export function complaintOf({ tenantId }: KeyOwner): string {
  return `Cannot load the signing key of tenant '${tenantId}'`
}

/** What is asked for is of nobody: a tenant that was deleted meanwhile, or a row whose id is none of a tenant. */
export function noSuchTenant(owner: KeyOwner): KeyFileError {
  return new KeyFileError(`${complaintOf(owner)}: there is no tenant of this id`)
}

/** The file to load; undefined when a key has to be made. */
async function findKeyFile(plan: KeyPlan, files: Files): Promise<string | undefined> {
  if (plan.folder === null) return undefined
  if (plan.kid !== null) {
    const path = files.resolve(plan.folder, `${plan.kid}.pem`)
    return (await files.facts(path)) ? path : undefined
  }
  const names = (await files.list(plan.folder)).filter((name) => /^[A-Za-z0-9_-][\w.-]*\.pem$/.test(name))
  if (names.length > 1) {
    throw new KeyFileError(
      `${complaintOf(plan)}: ${plan.folder} holds ${names.length} keys (${names.join(', ')}); say which one with signing.kid`,
    )
  }
  return names[0] === undefined ? undefined : files.resolve(plan.folder, names[0])
}

/** What the key in a file has to be. */
export interface WantedKey extends KeyOwner {
  readonly algorithm: SignatureAlgorithm
  readonly kid: string | null
  readonly content: 'given-key' | 'kept-key'
  /** What is said of a file that is not there. */
  readonly missing: string
}

/** The key in a private file. Throws {@link KeyFileError}, or FileError when the system refuses. */
export async function loadKeyFile(
  path: string,
  wanted: WantedKey,
  { files, engine, onExposure }: KeyHost,
): Promise<SigningKey> {
  const refuse = (complaint: string, options?: ErrorOptions) =>
    new KeyFileError(`${complaintOf(wanted)}: ${path} ${complaint}`, options)
  const facts = await files.facts(path)
  if (!facts) throw refuse(wanted.missing)
  if (!facts.isFile) throw refuse('is not a file')
  if (facts.size > largestKeyFile) throw refuse(`has ${facts.size} bytes, wanted at most ${largestKeyFile}`)
  const exposure = findExposure(path, { content: wanted.content, facts, user: files.user })
  if (exposure?.gravity === 'refuse') throw refuse(exposure.complaint)
  if (exposure) onExposure?.(exposure)
  const bytes = await files.read(path)
  const pem = new TextDecoder().decode(bytes)
  bytes.fill(0)
  try {
    return await parseSigningKey(pem, wanted, engine)
  } catch (cause) {
    if (cause instanceof KeyMaterialError) throw refuse(cause.message, { cause })
    throw cause
  }
}

/** A key that is kept nowhere yet. */
export interface MadeKey {
  readonly key: SigningKey
  readonly pem: string
}

/** A new key as the plan wants it; `kid` null: its thumbprint. Throws {@link KeyFileError} where the engine does not take it. */
export async function makeKey(
  plan: KeyPlan,
  kid: string | null,
  { generateKeyPem, engine }: KeyMaker,
): Promise<MadeKey> {
  const { algorithm } = plan
  const pem = await generateKeyPem(signatureAlgorithms[algorithm], plan.modulusLength)
  try {
    return { pem, key: await parseSigningKey(pem, { algorithm, kid }, engine) }
  } catch (cause) {
    if (!(cause instanceof KeyMaterialError)) throw cause
    throw new KeyFileError(`${complaintOf(plan)}: the new one ${cause.message}`, { cause })
  }
}
