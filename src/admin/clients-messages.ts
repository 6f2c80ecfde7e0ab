import { Type } from '@sinclair/typebox'
import { ClientSettingsInput } from '../clients/client-settings.ts'
import type { ClientView, SecretView } from '../clients/client-view.ts'
import { ClientSettings } from '../config/client-schema.ts'
import { patchSchema } from '../config/settings.ts'
import { viewMembers } from '../config/view-schema.ts'
import { MomentOrNull, pageOf } from './openapi-details.ts'
import { SecretResponse } from './secrets-messages.ts'

export const CreateClientRequest = patchSchema(
  ClientSettingsInput,
  { client_id: Type.String({ minLength: 1, maxLength: 256, description: 'Printable ASCII' }) },
  { title: 'CreateClientRequest' },
)

/** A merge patch (RFC 7396): every member is optional. */
export const PatchClientRequest = Type.Partial(patchSchema(ClientSettingsInput), {
  title: 'PatchClientRequest',
})

/** A client with its defaults filled in. */
export const ClientSummary = Type.Object(
  {
    client_id: Type.String(),
    source: Type.Union([Type.Literal('config'), Type.Literal('storage')], {
      description: 'config: it is read-only here',
    }),
    ...viewMembers(ClientSettings),
    name: Type.String(),
    default_scopes: Type.Array(Type.String()),
    created_at: MomentOrNull('Null: by config.yaml'),
  },
  { title: 'ClientSummary' },
)

export const ClientResponse = Type.Composite(
  [ClientSummary, Type.Object({ secrets: Type.Array(SecretResponse) })],
  { title: 'ClientResponse' },
)
export type ClientResponse = ClientView & { readonly secrets: readonly SecretView[] }

export const CreateClientResponse = Type.Composite(
  [
    Type.Object({
      client_secret: Type.Optional(
        Type.String({ description: 'Shown this once; a client of private_key_jwt has none' }),
      ),
    }),
    ClientResponse,
  ],
  { title: 'CreateClientResponse' },
)

export const ClientList = pageOf(ClientSummary, 'ClientList')
