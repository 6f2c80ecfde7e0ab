import { Type } from '@sinclair/typebox'
import { assertionType } from './client-authentication.ts'

const text = (description: string) => Type.Optional(Type.String({ description }))

/** How a client says who it is in a form (RFC 6749 section 2.3.1, RFC 7521 section 4.2); with HTTP Basic it needs none of them. */
export const ClientParameters = {
  client_id: text('For client_secret_post; else in HTTP Basic'),
  client_secret: text('For client_secret_post; else in HTTP Basic'),
  client_assertion_type: text(`For private_key_jwt: ${assertionType}`),
  client_assertion: text('For private_key_jwt: a JWT signed with the private key of the client'),
}
