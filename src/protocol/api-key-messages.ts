import { type Static, Type } from '@sinclair/typebox'
import { scopeToken } from './scope.ts'

const Scopes = (description: string) =>
  Type.Array(Type.String({ pattern: scopeToken.source }), { maxItems: 100, description })

const mostDays = 3650

export const CreateApiKeyRequest = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 200, description: 'A name for people' }),
    scopes: Type.Optional(Scopes('What the key may do; default: nothing')),
    expires_in_days: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: mostDays,
        description: 'Days that the key lives; 0, the default: for ever',
      }),
    ),
  },
  { title: 'CreateApiKeyRequest', additionalProperties: false },
)

/** The sentence about a fault in a {@link CreateApiKeyRequest}. */
export function describeCreateFault({
  path,
  missing,
}: {
  path: string
  missing: boolean
}): string | undefined {
  const sentences: Readonly<Record<string, string>> = {
    '/name': missing ? 'Missing required field: name' : 'name must be a text of 1 to 200 characters',
    '/expires_in_days': `expires_in_days must be a whole number from 0 to ${mostDays}`,
  }
  if (path.startsWith('/scopes')) return 'scopes must be a list of scopes'
  return sentences[path]
}

export const RotateApiKeyRequest = Type.Object(
  {
    overlap_seconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 365 * 86_400,
        description: 'How long the old key works on; default: api_keys.rotation_overlap of the tenant',
      }),
    ),
  },
  { title: 'RotateApiKeyRequest', additionalProperties: false },
)

const Moment = (description: string) => Type.String({ format: 'date-time', description })
const OrNull = (description: string) =>
  Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description })

const shared = {
  id: Type.String(),
  name: Type.String(),
  scopes: Type.Array(Type.String()),
  created_at: Moment('When it was made'),
  expires_at: OrNull('Null: it does not expire'),
}

/** A key that was made or rotated. */
export const ApiKeyResponse = Type.Object(
  {
    id: shared.id,
    name: shared.name,
    api_key: Type.String({ description: 'The key itself, a JWT; shown this once' }),
    scopes: shared.scopes,
    created_at: shared.created_at,
    expires_at: shared.expires_at,
  },
  { title: 'ApiKeyResponse' },
)
export type ApiKeyResponse = Static<typeof ApiKeyResponse>

export const ListedApiKeyResponse = Type.Object(
  {
    ...shared,
    last_used: OrNull('Null: never, or less than ten seconds ago'),
    revoked: Type.Boolean({
      description:
        'By itself, with a key that it descends from, or with everything of its client or of the tenant',
    }),
    parent: Type.Optional(
      Type.String({ description: 'The key that it was made with; left out: an access token' }),
    ),
    client_id: Type.Optional(
      Type.String({ description: 'The client that made it; there for callers with api-keys:manage:all' }),
    ),
  },
  { title: 'ListedApiKey' },
)
export type ListedApiKeyResponse = Static<typeof ListedApiKeyResponse>

export const ApiKeyList = Type.Array(ListedApiKeyResponse)

export const RevokeApiKeyResponse = Type.Object(
  {
    success: Type.Literal(true),
    message: Type.Literal('API key revoked successfully'),
  },
  { title: 'RevokeApiKeyResponse' },
)
