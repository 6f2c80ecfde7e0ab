import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { OpenedKey } from '../../src/keys/key-material.ts'
import type { KeyPlan } from '../../src/keys/key-plan.ts'
import { Keyring } from '../../src/keys/keyring.ts'
import type { KeyringOptions } from '../../src/keys/keyring-options.ts'
import { FileMaterial } from '../../src/keys/material/file-material.ts'
import { MemoryMaterial } from '../../src/keys/material/memory-material.ts'
import { nodeFiles } from '../../src/platform/node/node-files.ts'
import { generateKeyPem } from '../../src/platform/node/node-keys.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'

/** What keys are kept in and made with, for real. */
export const keyHost = { files: nodeFiles, generateKeyPem }

export const rsaPair = (modulusLength = 2048) => generateKeyPairSync('rsa', { modulusLength })
export const ecPair = (namedCurve = 'P-256') => generateKeyPairSync('ec', { namedCurve })
export const edPair = () => generateKeyPairSync('ed25519')

export function pkcs8(key: KeyObject): string {
  return String(key.export({ type: 'pkcs8', format: 'pem' }))
}

/** PEM of bytes under a label. */
export function pemOf(der: Uint8Array, label = 'PRIVATE KEY'): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

/** The plan of a tenant `acme` with a cheap key under `folder`. */
export function planFor(folder: string, changes: Partial<KeyPlan> = {}): KeyPlan & { folder: string } {
  return {
    tenantId: 'acme',
    algorithm: 'ES256',
    modulusLength: 2048,
    kid: 'k1',
    file: null,
    rotateEvery: null,
    publishAhead: 600_000,
    jwksMaxAge: 300,
    ...changes,
    folder: join(folder, 'keys', 'acme'),
  }
}

/** A keyring of the one tenant of `plan`, as a new process would have it; by default over a storage of its own. */
export function keyringOf(plan: KeyPlan, changes: Partial<KeyringOptions> = {}): Keyring {
  return new Keyring({
    findPlan: (id) => (id === plan.tenantId ? plan : undefined),
    folderOf: () => plan.folder,
    storage: createMemoryStorage(),
    material: plan.folder === null ? new MemoryMaterial(keyHost) : new FileMaterial(keyHost),
    host: keyHost,
    now: Date.now,
    monotonic: () => performance.now(),
    longestTokenLife: async () => 3_600_000,
    ...changes,
  })
}

/** Opens the key of a tenant as a new process does; by default without a memory of what was before. */
export async function openKey(plan: KeyPlan, changes: Partial<KeyringOptions> = {}): Promise<OpenedKey> {
  let opened: OpenedKey | undefined
  const keyring = keyringOf(plan, {
    ...changes,
    onOpened: (_, key) => {
      opened = key
    },
  })
  await keyring.of(plan.tenantId)
  if (!opened) throw new TypeError('No key was opened')
  return opened
}

/** Opens a key that is kept in a file. */
export async function openKept(
  plan: KeyPlan,
  changes: Partial<KeyringOptions> = {},
): Promise<OpenedKey & { path: string }> {
  const opened = await openKey(plan, changes)
  if (opened.path === undefined) throw new TypeError('The key is not kept')
  return { ...opened, path: opened.path }
}

/** Puts a key file at `path`, folders included. */
export async function putKeyFile(path: string, content: string | Uint8Array, mode = 0o600): Promise<string> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeFile(path, content)
  await chmod(path, mode)
  return path
}

export async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8).padStart(4, '0')
}

/** Every file below `folder`, hidden ones too, relative to it and sorted. */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()
}
