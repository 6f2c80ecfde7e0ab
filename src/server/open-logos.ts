import type { LoadedConfig } from '../config/load.ts'
import { findImageType, imageTypes, largestLogo } from '../config/rules/image-type.ts'
import type { Logo, Logos } from '../pages/frame/logo.ts'
import type { Platform } from '../platform/platform.ts'

/**
 * Reads the logos that the configuration names. The configuration was checked, so a logo that cannot be read was removed since; its tenant
 * shows none.
 */
export async function openLogos(
  { config, resolve }: Pick<LoadedConfig, 'config' | 'resolve'>,
  host: Pick<Platform, 'files' | 'hashing'>,
): Promise<Logos> {
  const logos = new Map<string, Logo>()
  for (const [id, { oidc }] of Object.entries(config.tenants)) {
    const path = oidc?.sign_in.logo_file
    const logo = path ? await readLogo(resolve(path), host) : undefined
    if (logo) logos.set(id, logo)
  }
  return logos
}

async function readLogo(
  path: string,
  { files, hashing }: Pick<Platform, 'files' | 'hashing'>,
): Promise<Logo | undefined> {
  const bytes = await files.readSmall(path, largestLogo).catch(() => undefined)
  const type = bytes && findImageType(bytes)
  if (!type) return undefined
  const hash = hashing.sha256(bytes).toHex().slice(0, 16)
  return { name: `logo-${hash}.${imageTypes[type]}`, type, bytes }
}
