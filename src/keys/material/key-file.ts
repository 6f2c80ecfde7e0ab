import { findExposure } from '../../exposure.ts'
import { FileError, type Files, howToGiveAccess } from '../../platform/files.ts'
import type { SignatureAlgorithm } from '../../protocol/algorithms.ts'
import type { KeyHost } from '../key-host.ts'
import type { OpenedKey } from '../key-material.ts'
import { complaintOf, KeyError, type KeyOwner, type KeyPlan } from '../key-plan.ts'
import { KeyMaterialError, parseSigningKey, type SigningKey } from '../signing-key.ts'

/** Bytes. */
export const largestKeyFile = 64 * 1024

/** Loads the key in the file of the operator. Throws {@link KeyError}. */
export function loadOwnKey(plan: KeyPlan, host: KeyHost): Promise<OpenedKey> {
  const { file } = plan
  if (file === null) throw new TypeError(`The tenant ${plan.tenantId} has no private_key_file`)
  return withComplaint({ plan, host }, async () => ({
    key: await loadKeyFile(file, { ...plan, content: 'given-key', missing: noSuchKey }, host),
    path: file,
    generated: false,
  }))
}

/** Finds the one key in the folder of a tenant; undefined when it has to be made. Throws {@link KeyError}. */
export function findKey(plan: KeyPlan, host: KeyHost): Promise<OpenedKey | undefined> {
  return withComplaint({ plan, host }, async () => {
    const path = await findKeyFile(plan, host.files)
    if (path === undefined) return undefined
    const wanted = { ...plan, content: 'kept-key' as const, missing: noSuchKey }
    return { key: await loadKeyFile(path, wanted, host), path, generated: false }
  })
}

const noSuchKey = 'does not exist; put the key there, or leave private_key_file out for a generated one'

/** Runs `work`. Turns a FileError into a {@link KeyError} about the key of the tenant. */
export async function withComplaint<T>(
  { plan, host }: { readonly plan: KeyOwner; readonly host: Pick<KeyHost, 'files'> },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (!(cause instanceof FileError)) throw cause
    throw new KeyError(`${complaintOf(plan)}: ${cause.message}; ${nextStep(cause.code, host.files)}`, {
      cause,
    })
  }
}

/** The next step for an error code of the system. */
function nextStep(code: string, files: Files): string {
  const steps: Readonly<Record<string, string>> = {
    ENOSPC: 'make room on the disk',
    EROFS: 'the disk is read-only: choose another folder with data_dir',
    EEXIST: 'a file is where a folder is wanted: choose another data_dir',
    ENOTDIR: 'a file is where a folder is wanted: choose another data_dir',
  }
  return steps[code] ?? howToGiveAccess(files)
}

/** Finds the file to load; undefined when a key has to be made. */
async function findKeyFile(plan: KeyPlan, files: Files): Promise<string | undefined> {
  if (plan.folder === null) return undefined
  if (plan.kid !== null) {
    const path = files.resolve(plan.folder, `${plan.kid}.pem`)
    return (await files.facts(path)) ? path : undefined
  }
  const names = (await files.list(plan.folder)).filter((name) => /^[A-Za-z0-9_-][\w.-]*\.pem$/.test(name))
  if (names.length > 1) {
    throw new KeyError(
      `${complaintOf(plan)}: ${plan.folder} holds ${names.length} keys (${names.join(', ')}); say which one with signing.kid`,
    )
  }
  return names[0] === undefined ? undefined : files.resolve(plan.folder, names[0])
}

/** The required properties of the key in a file. */
export interface WantedKey extends KeyOwner {
  readonly algorithm: SignatureAlgorithm
  readonly kid: string | null
  readonly content: 'given-key' | 'kept-key'
  /** The complaint about a file that does not exist. */
  readonly missing: string
}

/** Loads the key in a private file. Throws {@link KeyError}, or FileError when the system refuses. */
export async function loadKeyFile(
  path: string,
  wanted: WantedKey,
  { files, engine, onExposure }: KeyHost,
): Promise<SigningKey> {
  const refuse = (complaint: string, options?: ErrorOptions) =>
    new KeyError(`${complaintOf(wanted)}: ${path} ${complaint}`, options)
  const facts = await files.facts(path)
  if (!facts) throw refuse(wanted.missing)
  if (!facts.isFile) throw refuse('is not a file')
  if (facts.size > largestKeyFile) throw refuse(`has ${facts.size} bytes, wanted at most ${largestKeyFile}`)
  const exposure = findExposure(path, { content: wanted.content, facts, runner: files })
  if (exposure?.gravity === 'refuse') throw refuse(exposure.complaint)
  if (exposure) onExposure?.(exposure)
  const bytes = await files.readSmall(path, largestKeyFile)
  const pem = new TextDecoder().decode(bytes)
  bytes.fill(0)
  try {
    return await parseSigningKey(pem, wanted, engine)
  } catch (cause) {
    if (cause instanceof KeyMaterialError) throw refuse(cause.message, { cause })
    throw cause
  }
}
