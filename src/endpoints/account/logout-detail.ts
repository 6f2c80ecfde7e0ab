import type { DocumentDecoration } from 'elysia'
import { formErrors, pageAnswer, pageErrors, sentOn } from '../../http/browser/page-detail.ts'
import { formRequest, tenantParameter } from '../../http/openapi-parts.ts'
import { LogoutParameters } from '../../protocol/people/account-messages.ts'

const responses = {
  200: pageAnswer('A question with two buttons named `decision`, or the page that says that it is done'),
  303: sentOn('To `post_logout_redirect_uri` with `state`; after a form, to the question'),
  400: pageAnswer('The `id_token_hint` or the `post_logout_redirect_uri` is not good. Nobody is signed out'),
}

const description = [
  'A page for the browser (OpenID Connect RP-Initiated Logout 1.0). With the ID token of the session it signs out at once, and asks',
  'otherwise. The browser then goes to `post_logout_redirect_uri`, which has to be registered for the client that `id_token_hint` or',
  '`client_id` names. Each client of the session that has a `backchannel_logout_uri` gets a logout token.',
].join('\n')

const parameters = Object.entries(LogoutParameters.properties).map(([name, schema]) => ({
  ...{ name, in: 'query' as const, description: schema.description ?? '' },
  schema: { type: 'string' as const },
}))

export const logoutDetail: DocumentDecoration = {
  ...{ tags: ['Sign-in'], security: [], operationId: 'logout', summary: 'Sign a person out', description },
  parameters: [tenantParameter, ...parameters],
  responses: { ...responses, ...pageErrors },
}

export const logoutPostDetail: DocumentDecoration = {
  ...{
    tags: ['Sign-in'],
    security: [],
    operationId: 'logoutByForm',
    summary: 'Sign a person out, by a form',
  },
  description: 'The same as a form of a page of the client. The answer sends the browser back here by GET.',
  parameters: [tenantParameter],
  ...formRequest(LogoutParameters, { client_id: 'your-client-id' }),
  responses: { ...responses, ...formErrors },
}
