import { type Static, Type } from '@sinclair/typebox'
import { ClientSettings } from '../clients/client-settings.ts'
import { patchSchema } from '../config/settings.ts'
import { MomentOrNull, OrNull, pageOf } from './openapi-details.ts'
import { SecretResponse } from './secrets-messages.ts'

export const CreateClientRequest = patchSchema(
  ClientSettings,
  { client_id: Type.String({ minLength: 1, maxLength: 256, description: 'Printable ASCII' }) },
  { title: 'CreateClientRequest' },
)

/** A merge patch: every member may be left out. */
export const PatchClientRequest = Type.Partial(patchSchema(ClientSettings), { title: 'PatchClientRequest' })

const Texts = Type.Array(Type.String())

/** A client as it works: with the defaults filled in. */
export const ClientSummary = Type.Object(
  {
    client_id: Type.String(),
    source: Type.Union([Type.Literal('config'), Type.Literal('storage')], {
      description: 'config: it is read-only here',
    }),
    name: Type.String(),
    active: Type.Boolean(),
    introspect: Type.Boolean(),
    grant_types: Texts,
    scopes: Texts,
    default_scopes: Texts,
    audience: OrNull(Texts, 'Null: that of the tenant'),
    resources: Texts,
    access_token_ttl: OrNull(Type.Integer(), 'Seconds; null: that of the tenant'),
    created_at: MomentOrNull('Null: by config.yaml'),
  },
  { title: 'ClientSummary' },
)
export type ClientSummary = Static<typeof ClientSummary>

export const ClientResponse = Type.Composite(
  [ClientSummary, Type.Object({ secrets: Type.Array(SecretResponse) })],
  { title: 'ClientResponse' },
)
export type ClientResponse = Static<typeof ClientResponse>

export const CreateClientResponse = Type.Composite(
  [Type.Object({ client_secret: Type.String({ description: 'Shown this once' }) }), ClientResponse],
  { title: 'CreateClientResponse' },
)

export const ClientList = pageOf(ClientSummary, 'ClientList')
