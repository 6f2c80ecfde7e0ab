/** The names under which clients look for the metadata of an issuer: RFC 8414 section 7.3 and OpenID Connect Discovery 1.0 section 4. */
export const metadataNames = ['oauth-authorization-server', 'openid-configuration'] as const
export type MetadataName = (typeof metadataNames)[number]

/** The metadata that a URL path names. */
export interface MetadataPath {
  readonly name: MetadataName
  /** The path of the issuer, without a trailing slash; empty for an issuer without a path. */
  readonly issuerPath: string
}

/** The possible places of the well-known part: before the path of the issuer, or after it. */
const patterns = metadataNames.flatMap((name) => [
  { name, pattern: new RegExp(`^/\\.well-known/${name}(|/.*[^/])$`) },
  { name, pattern: new RegExp(`^(|/.*[^/])/\\.well-known/${name}$`) },
])

/**
 * The two URLs at which clients look for the metadata of an issuer. `inserted` is the form of RFC 8414 section 3.1, `appended` that of
 * OpenID Connect Discovery 1.0 section 4. Both drop a trailing slash of the issuer first.
 */
export function metadataUrls(issuer: string, name: MetadataName): { inserted: string; appended: string } {
  const { origin, path } = splitIssuer(issuer)
  const wellKnown = `/.well-known/${name}`
  return { inserted: `${origin}${wellKnown}${path}`, appended: `${origin}${path}${wellKnown}` }
}

/** Parses a URL path of metadata, in either form; undefined for any other path. */
export function parseMetadataPath(pathname: string): MetadataPath | undefined {
  // A fast test, because this function runs for each request and most paths are not of metadata.
  if (!pathname.includes('/.well-known/')) return undefined
  for (const { name, pattern } of patterns) {
    const issuerPath = pattern.exec(pathname)?.[1]
    if (issuerPath !== undefined) return { name, issuerPath }
  }
  return undefined
}

/**
 * The issuers whose metadata a path can mean, the most likely first. All of them have the origin of `publicUrl`, because the path alone
 * does not tell issuers of several hosts apart and the sender can choose the Host header. A proxy may have removed the path of
 * `publicUrl`, so the path with it in front comes second. Both may end in a slash.
 */
export function candidateIssuers(issuerPath: string, publicUrl: string): string[] {
  const { origin, path: prefix } = splitIssuer(publicUrl)
  const paths = prefix === '' ? [issuerPath] : [issuerPath, `${prefix}${issuerPath}`]
  return paths.flatMap((path) => [`${origin}${path}`, `${origin}${path}/`])
}

/** Splits an issuer without changing its spelling, as URL would. The path has no trailing slash. */
function splitIssuer(issuer: string): { origin: string; path: string } {
  const [origin = ''] = /^https?:\/\/[^/]*/.exec(issuer) ?? []
  return { origin, path: issuer.slice(origin.length).replace(/\/$/, '') }
}
