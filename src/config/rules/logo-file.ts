import type { Config } from '../schema.ts'
import { renderPath } from '../yaml/read.ts'
import type { Source } from '../yaml/source.ts'
import type { SecretSources } from './client-secret.ts'
import { findImageType, largestLogo } from './image-type.ts'
import { readNamedFile } from './named-file.ts'
import type { Partly } from './partly.ts'

/** Reports logos that cannot be read or are no image. The server reads them again when it starts. */
export async function checkLogoFiles(
  { tenants }: Partly<Config>,
  source: Source,
  sources: Pick<SecretSources, 'platform' | 'resolve'>,
): Promise<void> {
  for (const [tenantId, tenant] of Object.entries(tenants ?? {})) {
    const file = tenant?.oidc?.sign_in?.logo_file
    const fault = file ? await findLogoFault(file, sources) : undefined
    if (fault === undefined) continue
    const path = ['tenants', tenantId, 'oidc', 'sign_in', 'logo_file']
    source.refuse(path, `${renderPath(path)} names the file ${file}, which ${fault}`)
  }
}

async function findLogoFault(
  file: string,
  { platform: { files }, resolve }: Pick<SecretSources, 'platform' | 'resolve'>,
): Promise<string | undefined> {
  const read = await readNamedFile(file, { limit: largestLogo, files, resolve })
  if ('fault' in read) return read.fault
  return findImageType(read.bytes) ? undefined : 'is no PNG, JPEG, WebP or SVG; make it one of them'
}
