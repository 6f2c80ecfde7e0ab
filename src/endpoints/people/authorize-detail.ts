import type { DocumentDecoration } from 'elysia'
import { busyAnswer, pageAnswer, pageErrors, sentOn } from '../../http/browser/page-detail.ts'
import { formRequest, tenantParameter } from '../../http/openapi-parts.ts'
import { AuthorizationParameters } from '../../protocol/people/authorization-messages.ts'

const required: ReadonlySet<string> = new Set(AuthorizationParameters.required)

const query = Object.entries(AuthorizationParameters.properties).map(([name, { description = '' }]) =>
  queryParameter(name, description, required.has(name)),
)

const requestUri = queryParameter(
  'request_uri',
  'Of a pushed request (RFC 9126); beside it only client_id is read',
  false,
)

function queryParameter(name: string, description: string, isRequired: boolean) {
  return { name, in: 'query', required: isRequired, description, schema: { type: 'string' } } as const
}

const shared = {
  tags: ['Sign-in'],
  security: [],
  responses: {
    200: pageAnswer('A page that posts the answer to the client (response_mode form_post)'),
    303: sentOn(
      'To a page for the person, or to the redirect URI: with code, or with error and error_description, and with state and iss (RFC 9207)',
    ),
    400: pageAnswer('The client or the redirect URI is not proven: nothing is redirected'),
    429: busyAnswer,
    ...pageErrors,
  },
}

/** The authorization endpoint in the OpenAPI document. */
export const authorizeDetail: DocumentDecoration = {
  ...shared,
  operationId: 'authorize',
  summary: 'Send a person here to sign in',
  description: [
    'A client sends the browser of a person here and gets an authorization code at its redirect URI (RFC 6749 section 4.1, OpenID',
    'Connect Core section 3.1). Open the URL in a browser; it answers pages and redirects, no JSON.',
  ].join('\n'),
  parameters: [tenantParameter, ...query, requestUri],
}

export const authorizePostDetail: DocumentDecoration = {
  ...shared,
  operationId: 'authorizeByForm',
  summary: 'Send a person here by a form',
  description:
    'Keeps the request for a minute and sends the browser back here by GET, so that its cookies come along.',
  parameters: [tenantParameter],
  ...formRequest(AuthorizationParameters, {
    response_type: 'code',
    client_id: 'web',
    redirect_uri: 'https://app.example.com/callback',
    scope: 'openid profile',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  }),
}
