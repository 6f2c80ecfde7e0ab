/** The names under which the metadata of an issuer is looked for: RFC 8414 section 7.3 and OpenID Connect Discovery 1.0 section 4. */
export const metadataNames = ['oauth-authorization-server', 'openid-configuration'] as const
export type MetadataName = (typeof metadataNames)[number]

/** What a URL path asks for. */
export interface MetadataPath {
  readonly name: MetadataName
  /** The path of the issuer, without a trailing slash; empty for an issuer without a path. */
  readonly issuerPath: string
}

/** Where the well-known part of the path stands: before the path of the issuer, or after it. */
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

/** Which metadata a URL path asks for, in either form; undefined for a path of something else. */
export function parseMetadataPath(pathname: string): MetadataPath | undefined {
  // Most paths are something else, and this is looked at for each of them.
  if (!pathname.includes('/.well-known/')) return undefined
  for (const { name, pattern } of patterns) {
    const issuerPath = pattern.exec(pathname)?.[1]
    if (issuerPath !== undefined) return { name, issuerPath }
  }
  return undefined
}

/**
 * The issuers whose metadata a path can mean, the likeliest first. Only issuers of the origin of `publicUrl` are among them: the path
 * alone does not tell issuers of several hosts apart, and the Host header is the sender's own text. A proxy may have cut the path of
 * `publicUrl` off, so the path with it in front comes second. Either may end in a slash.
 */
export function candidateIssuers(issuerPath: string, publicUrl: string): string[] {
  const { origin, path: prefix } = splitIssuer(publicUrl)
  const paths = prefix === '' ? [issuerPath] : [issuerPath, `${prefix}${issuerPath}`]
  return paths.flatMap((path) => [`${origin}${path}`, `${origin}${path}/`])
}

/** The parts of an issuer in its own spelling, which URL would change; the path is without a trailing slash. */
function splitIssuer(issuer: string): { origin: string; path: string } {
  const [origin = ''] = /^https?:\/\/[^/]*/.exec(issuer) ?? []
  return { origin, path: issuer.slice(origin.length).replace(/\/$/, '') }
}
