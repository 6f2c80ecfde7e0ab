import { type Static, Type } from '@sinclair/typebox'
import { Moment, MomentOrNull, OrNull, pageOf } from './openapi-details.ts'

/** An API key as the admin API shows it, without the key itself. */
export const AdminApiKey = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    client_id: Type.String({ description: 'The client that made it' }),
    parent: OrNull(Type.String(), 'The key that it was made with; null: an access token'),
    scopes: Type.Array(Type.String()),
    created_at: Moment('When it was made'),
    expires_at: MomentOrNull('Null: it does not expire'),
    revoked: Type.Boolean({
      description:
        'By itself, with a key that it descends from, or with everything of its client or of the tenant',
    }),
    revoked_at: MomentOrNull('Null: it was not revoked by itself'),
    last_used: MomentOrNull('Right to within five minutes. Null: never, or less than ten seconds ago'),
  },
  { title: 'AdminApiKey' },
)
export type AdminApiKey = Static<typeof AdminApiKey>

export const AdminApiKeyList = pageOf(AdminApiKey, 'AdminApiKeyList')
