import type { ClientRow } from '../clients/stored-clients.ts'
import { OAuthError } from '../protocol/errors.ts'
import { signsPeopleIn } from '../protocol/grant-types.ts'
import { isPlainHttp } from '../protocol/url/redirect-uri.ts'

export interface PublicUrl {
  readonly publicUrl: string
}

/**
 * Refuses a client that signs people in where the server is reached without TLS from other machines, as config.yaml does. Browsers keep the
 * cookies of people only over https and on loopback. Throws `invalid_request`.
 */
export function checkReachable({ value }: Pick<ClientRow, 'value'>, { publicUrl }: PublicUrl): void {
  if (!signsPeopleIn(value.grant_types ?? []) || !isPlainHttp(publicUrl)) return
  throw new OAuthError(
    'invalid_request',
    'The field grant_types has a grant that signs people in, which wants https in server.public_url',
  )
}
