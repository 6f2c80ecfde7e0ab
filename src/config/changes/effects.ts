import { isPeopleScope } from '../../protocol/people/people-scopes.ts'
import type { ClientConfig } from '../client-schema.ts'
import type { TenantConfig } from '../tenant-schema.ts'
import type { UserConfig } from '../user-schema.ts'
import type { Difference } from './differences.ts'
import { effectsOfProof } from './proof-effects.ts'

/** A thing in the configuration in force, and in the new one. */
export type Pair<T> = readonly [before: T, after: T]

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

/** What comes of another key, of a setting or of the contents of the file that it names. */
export const otherKey =
  'the key of the file signs from then on, and tokens that another one signed are refused, API keys too'

export function effectsOfServer(settings: readonly Difference[]): string[] {
  const isMoved = settings.some(({ setting }) => setting === 'server.public_url')
  return isMoved
    ? ['tenants without an issuer of their own get another one, and tokens with the old one are refused']
    : []
}

/** What comes of each setting of a tenant that differs. */
export function effectsOfTenant(settings: readonly Difference[], pair: Pair<TenantConfig>): string[] {
  const effects = settings.flatMap(({ setting, removed }) => {
    if (setting === 'issuer') return ['tokens with the old issuer are refused']
    // No client of the configuration has it, or the configuration had a fault.
    if (setting === 'oauth2.scopes' && removed)
      return [`a client of the storage that has ${removed.join(' or ')} keeps it, and so do its tokens`]
    if (/^(?:oauth2\.access_token_ttl|oidc\.id_token_ttl)$/.test(setting))
      return ['tokens that are issued already keep their end']
    if (/^oidc\.session_(?:idle|ttl)$/.test(setting)) return ['it holds for the sessions that there are, too']
    if (/^oauth2\.refresh_token_(?:idle|ttl)$/.test(setting))
      return ['a shorter time holds for the refresh tokens that there are, too']
    if (/^signing\.(?:algorithm|modulus_length)$/.test(setting))
      return ['a key of the new kind is published first, and signs after publish_ahead']
    return []
  })
  return [...effectsOfActive(pair), ...effectsOfBlocks(pair), ...effects, ...effectsOfKey(pair)]
}

function effectsOfActive([before, after]: Pair<TenantConfig>): string[] {
  if (before.active === after.active) return []
  return after.active ? ['its tokens count again'] : ['it counts as unknown, and its tokens are refused']
}

function effectsOfBlocks([before, after]: Pair<TenantConfig>): string[] {
  const effects: string[] = []
  if (before.oauth2 && !after.oauth2)
    effects.push('it issues no tokens any more, and those that there are are refused')
  if (before.oidc && !after.oidc)
    effects.push('nobody can sign in any more, people are signed out and their tokens are refused')
  if (before.oauth2 && after.oauth2) {
    const gone = goneOf(before.oauth2.audience ?? [], after.oauth2.audience ?? [])
    const others = 'except those of clients with an audience of their own'
    if (gone.length > 0) effects.push(`tokens for ${gone.join(' ')} are refused, ${others}`)
  }
  return [...effects, ...effectsOfApiKeys([before.api_keys, after.api_keys])]
}

function effectsOfApiKeys([before, after]: Pair<TenantConfig['api_keys']>): string[] {
  if (!before?.enabled) return after?.enabled ? ['API keys that there are count again'] : []
  if (!after?.enabled) return ['its API keys are refused']
  const gone = goneOf(before.allowed_scopes, after.allowed_scopes)
  return gone.length > 0 ? [`its API keys count without ${gone.join(' ')}`] : []
}

function effectsOfKey([{ signing: before }, { signing: after }]: Pair<TenantConfig>): string[] {
  const isOther = before.private_key_file !== after.private_key_file || before.kid !== after.kid
  if (!isOther || (before.private_key_file === null && after.private_key_file === null)) return []
  if (after.private_key_file !== null) return [otherKey]
  return ['a generated key signs from then on, and tokens of the key of the file are refused, API keys too']
}

/** What comes of each setting of a client that differs; `tenants` are the tenant before and after. */
export function effectsOfClient(
  settings: readonly Difference[],
  pair: Pair<ClientConfig>,
  tenants: Pair<TenantConfig>,
): string[] {
  const changed = new Set(settings.map(({ setting }) => setting))
  const effects = settings.flatMap(({ setting, removed, after: value }) => {
    if (setting === 'active')
      return value === 'true' ? ['its tokens count again'] : ['it gets no token, and its tokens are refused']
    if (setting === 'grant_types' && removed?.includes('refresh_token'))
      return ['its refresh tokens are refused']
    if (setting === 'scopes') return effectsOfScopes(removed ?? [])
    if (setting === 'redirect_uris' && removed) return [`nobody is sent to ${removed.join(' ')} any more`]
    if (setting === 'access_token_ttl') return ['tokens that are issued already keep their end']
    return []
  })
  const isElsewhere = changed.has('audience') || changed.has('resources')
  const ofAudience = isElsewhere ? effectsOfAudience(pair, tenants) : []
  return [...effects, ...ofAudience, ...effectsOfProof(pair)]
}

/** Scopes of people count whether a client has them or not. */
function effectsOfScopes(removed: readonly string[]): string[] {
  const gone = removed.filter((scope) => !isPeopleScope(scope))
  return gone.length > 0 ? [`its tokens count without ${gone.join(' ')}`] : []
}

function effectsOfAudience(
  [before, after]: Pair<ClientConfig>,
  [tenantBefore, tenantAfter]: Pair<TenantConfig>,
): string[] {
  const allOf = ({ audience, resources }: ClientConfig, { oauth2 }: TenantConfig) => [
    ...(audience ?? oauth2?.audience ?? []),
    ...resources,
  ]
  const gone = goneOf(allOf(before, tenantBefore), allOf(after, tenantAfter))
  return gone.length > 0 ? [`its tokens for ${gone.join(' ')} are refused`] : []
}

function goneOf(before: readonly string[], after: readonly string[]): string[] {
  return [...new Set(before)].filter((each) => !after.includes(each))
}

/** What comes of each setting of a person that differs. */
export function effectsOfUser(settings: readonly Difference[], [before, after]: Pair<UserConfig>): string[] {
  return settings.flatMap(({ setting }) => {
    if (setting === 'active') return after.active ? ['the person can sign in'] : removalEffects.person
    if (setting === 'sub') return ['it counts as another person: sessions and tokens of the old sub end']
    if (setting === 'password_hash') return [effectOfPassword([before.password_hash, after.password_hash])]
    return []
  })
}

/** Passwords in clear have a hash without salt, so that two of them can be compared. */
function effectOfPassword(hashes: Pair<string | null>): string {
  return hashes.every((hash) => hash?.startsWith('sha256:'))
    ? 'the old password is wrong from then on'
    : 'only the password of the new hash is right from then on'
}
