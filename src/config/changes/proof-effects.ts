import type { ClientConfig, ClientSecretConfig } from '../client-schema.ts'

/** What comes of other secrets and keys, by which a client proves who it is. */
export function effectsOfProof([before, after]: readonly [ClientConfig, ClientConfig]): string[] {
  return [
    ...effectsOfHashes(hashesOf(before), hashesOf(after)),
    ...effectsOfTimes(before.secrets ?? [], after.secrets ?? []),
    ...effectsOfJwks(before.jwks, after.jwks),
  ]
}

function effectsOfHashes(before: readonly string[], after: readonly string[]): string[] {
  const gone = before.filter((hash) => !after.includes(hash))
  const [first] = gone
  if (first === undefined) return []
  const isOnly = gone.length === before.length
  const which = isOnly ? 'its old secret is' : `${gone.length} of its old secrets ${verbOf(gone.length)}`
  // Two hashes with a salt may be of the same secret.
  const news = after.filter((hash) => !before.includes(hash))
  const isSure = news.length === 0 || [...gone, ...news].every((hash) => hash.startsWith('sha256:'))
  return [`${which} wrong from then on${isSure ? '' : ', unless a new hash is of the same one'}`]
}

function verbOf(count: number): string {
  return count === 1 ? 'is' : 'are'
}

/** The secrets that stay, and that are valid at other times. */
function effectsOfTimes(
  before: readonly ClientSecretConfig[],
  after: readonly ClientSecretConfig[],
): string[] {
  const known = new Map(before.map((secret) => [secret.hash, secret]))
  return after.flatMap(({ id, hash, not_before, expires_at }) => {
    const old = known.get(hash)
    if (!old) return []
    return [
      ...(expires_at === old.expires_at
        ? []
        : [
            expires_at === null
              ? `the secret ${id} has no end`
              : `the secret ${id} is wrong from ${expires_at}`,
          ]),
      ...(not_before === old.not_before || not_before === null
        ? []
        : [`the secret ${id} is wrong until ${not_before}`]),
    ]
  })
}

function effectsOfJwks(before: ClientConfig['jwks'], after: ClientConfig['jwks']): string[] {
  const left = new Set((after?.keys ?? []).map((key) => JSON.stringify(key)))
  const gone = (before?.keys ?? []).filter((key) => !left.has(JSON.stringify(key))).length
  return gone === 0 ? [] : [`${gone} of its old keys ${verbOf(gone)} wrong from then on`]
}

function hashesOf({ secret_hash, secrets }: ClientConfig): string[] {
  return [secret_hash, ...(secrets ?? []).map(({ hash }) => hash)].flatMap((hash) => hash ?? [])
}
