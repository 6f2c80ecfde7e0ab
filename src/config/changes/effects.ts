import type { ClientConfig } from '../client-schema.ts'
import type { UserConfig } from '../user-schema.ts'
import type { Difference } from './differences.ts'

/** What comes of a thing that is gone. */
export const removalEffects = {
  tenant: [
    'its tokens are refused, its people are signed out and its clients are unknown',
    'its keys and rows stay, so its tokens count again if it comes back before they expire',
  ],
  client: ['its tokens and those of people who signed in there are refused from then on'],
  person: [
    'its sessions and tokens count for nothing from then on',
    'they count again if it comes back before they expire; grantd user sign-out ends them for good',
  ],
} as const

export function effectsOfServer(settings: readonly Difference[]): string[] {
  const isMoved = settings.some(({ setting }) => setting === 'server.public_url')
  return isMoved
    ? ['tenants without an issuer of their own get another one, and tokens with the old one are refused']
    : []
}

/** What comes of each setting of a tenant that differs. */
export function effectsOfTenant(settings: readonly Difference[]): string[] {
  return settings.flatMap((difference) => {
    const { setting, removed, after } = difference
    if (setting === 'active')
      return after === 'true'
        ? ['its tokens count again']
        : ['it counts as unknown, and its tokens are refused']
    if (setting === 'issuer') return ['tokens with the old issuer are refused']
    if (setting === 'oauth2' && after === 'none') return ['it issues no tokens any more']
    if (setting === 'oidc' && after === 'none') return ['nobody can sign in any more']
    if (setting === 'oauth2.audience' && removed)
      return [
        `tokens for ${removed.join(' ')} are refused, except those of clients with an audience of their own`,
      ]
    if (setting === 'oauth2.scopes' && removed) return [`no token gets ${removed.join(' ')} any more`]
    if (/^(?:oauth2\.access_token_ttl|oidc\.id_token_ttl)$/.test(setting))
      return ['tokens that are issued already keep their end']
    if (/^oidc\.session_(?:idle|ttl)$/.test(setting)) return ['it holds for the sessions that there are, too']
    if (/^signing\.(?:algorithm|modulus_length)$/.test(setting))
      return ['a key of the new kind is published first, and signs after publish_ahead']
    return []
  })
}

/** What comes of each setting of a client that differs. */
export function effectsOfClient(
  settings: readonly Difference[],
  [before, after]: readonly [ClientConfig, ClientConfig],
): string[] {
  const effects = settings.flatMap(({ setting, removed, after: value }) => {
    if (setting === 'active')
      return value === 'true' ? ['its tokens count again'] : ['it gets no token, and its tokens are refused']
    if (setting === 'scopes' && removed) return [`its tokens count without ${removed.join(' ')}`]
    if (setting === 'audience' && removed) return [`its tokens for ${removed.join(' ')} are refused`]
    if (setting === 'redirect_uris' && removed) return [`nobody is sent to ${removed.join(' ')} any more`]
    if (setting === 'access_token_ttl') return ['tokens that are issued already keep their end']
    return []
  })
  return [...effects, ...effectsOfSecrets(hashesOf(before), hashesOf(after))]
}

function effectsOfSecrets(before: readonly string[], after: readonly string[]): string[] {
  const gone = before.filter((hash) => !after.includes(hash)).length
  const kept = before.length - gone
  if (gone === 0) return []
  return [
    kept === 0 ? 'its old secret is wrong from then on' : `${gone} of its old secrets is wrong from then on`,
  ]
}

function hashesOf({ secret_hash, secrets }: ClientConfig): string[] {
  return [secret_hash, ...(secrets ?? []).map(({ hash }) => hash)].flatMap((hash) => hash ?? [])
}

/** What comes of each setting of a person that differs. */
export function effectsOfUser(
  settings: readonly Difference[],
  [, after]: readonly [UserConfig, UserConfig],
): string[] {
  return settings.flatMap(({ setting }) => {
    if (setting === 'active') return after.active ? ['the person can sign in'] : removalEffects.person
    if (setting === 'sub') return ['it counts as another person: sessions and tokens of the old sub end']
    if (setting.startsWith('password')) return ['the old password is wrong from then on']
    return []
  })
}
