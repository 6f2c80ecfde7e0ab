import { type Static, Type } from '@sinclair/typebox'
import { ClientParameters } from './client-authentication.ts'

/** The request of a device for its codes (RFC 8628 section 3.1). */
export const DeviceAuthorizationRequest = Type.Object(
  {
    ...ClientParameters,
    scope: Type.Optional(
      Type.String({ description: 'Scopes separated by spaces; default: the default scopes of the client' }),
    ),
    resource: Type.Optional(
      Type.String({ description: 'The API that the tokens are for (RFC 8707); may occur more than once' }),
    ),
  },
  { title: 'DeviceAuthorizationRequest' },
)

/** The codes of a device (RFC 8628 section 3.2). */
export const DeviceAuthorizationResponse = Type.Object(
  {
    device_code: Type.String({ description: 'For the token endpoint; a secret of the device' }),
    user_code: Type.String({ description: 'What the device shows and the person types' }),
    verification_uri: Type.String({ description: 'Where the person types it' }),
    verification_uri_complete: Type.String({ description: 'The same with the code in it, for a QR code' }),
    expires_in: Type.Integer({ description: 'Seconds until both codes expire' }),
    interval: Type.Integer({ description: 'Seconds that have to pass between two polls' }),
  },
  { title: 'DeviceAuthorizationResponse' },
)
export type DeviceAuthorizationResponse = Static<typeof DeviceAuthorizationResponse>
