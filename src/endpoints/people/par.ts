import { Elysia } from 'elysia'
import { proveReturnAddress } from '../../authorization/checks/proven-client.ts'
import { parseAuthorizationRequest } from '../../authorization/parse-request.ts'
import { keepRequest, pushedLife } from '../../authorization/pushed-requests.ts'
import { type ParameterList, RequestParameters } from '../../authorization/request-parameters.ts'
import type { Deps } from '../../deps.ts'
import { json } from '../../http/answer/json.ts'
import { authenticateRequest } from '../../http/authenticate-client.ts'
import { beginSignIn } from '../../http/browser/begin-sign-in.ts'
import { answer, authenticationErrors, formBody, tenantParameter } from '../../http/openapi-parts.ts'
import { auditRefusal } from '../../http/record-event.ts'
import { parseFormPairs, toForm } from '../../http/request/form.ts'
import { getOAuth2Tenant } from '../../http/tenant-of-path.ts'
import { OAuthError } from '../../protocol/errors.ts'
import { AuthorizationParameters, PushedResponse } from '../../protocol/people/authorization-messages.ts'
import type { OAuth2Tenant } from '../../tenants/tenant.ts'

/** `POST /api/v1/tenant/{tenant}/oauth/par` (RFC 9126). */
export const parEndpoint = (deps: Deps) =>
  new Elysia().post(
    '/api/v1/tenant/:tenant/oauth/par',
    async ({ request, params }) => {
      const of = await getOAuth2Tenant(request, params.tenant, deps)
      const requestUri = await auditRefusal(
        request,
        { type: 'authorization.refused', tenant: of.tenant.id },
        { deps, work: () => push(request, of, deps) },
      )
      return json({ request_uri: requestUri, expires_in: pushedLife }, { status: 201 })
    },
    { parse: 'none', detail },
  )

async function push(request: Request, { tenant, oauth2 }: OAuth2Tenant, deps: Deps): Promise<string> {
  const pairs = await parseFormPairs(request)
  // Throws for a parameter that is sent twice.
  const form = toForm(pairs)
  const { client, proof } = await authenticateRequest(request, form, { tenant, deps })
  if (form.get('request_uri') !== undefined)
    throw new OAuthError('invalid_request', 'A request_uri cannot be pushed', {
      finding: { check: 'parameters', saw: 'a request_uri', wanted: 'the parameters themselves' },
    })
  const parameters = withClient(pairs, client.id)
  const address = await proveReturnAddress(parameters, deps.clients.of(tenant.id))
  await parseAuthorizationRequest({ parameters, pushed: true, tenant, oauth2, client }, address, deps)
  if (proof.kind === 'none') await beginSignIn(request, { tenant, browserHash: undefined }, deps)
  return keepRequest({ clientId: client.id, parameters: parameters.list, pushed: true }, { tenant, ...deps })
}

/** The request of the client that authenticated itself, which need not repeat its id in the form. */
function withClient(pairs: ParameterList, clientId: string): RequestParameters {
  const others = pairs.filter(([name]) => name !== 'client_id')
  return new RequestParameters([['client_id', clientId], ...others])
}

const detail = {
  tags: ['Sign-in'],
  operationId: 'pushAuthorizationRequest',
  summary: 'Push an authorization request',
  description: [
    'A client sends the parameters of an authorization request itself, and gets a request_uri that stands for them (RFC 9126). The',
    'browser then needs only `client_id` and `request_uri`. All checks run here, so that an error comes back to the client at once.',
  ].join('\n'),
  ...formBody(AuthorizationParameters, {
    response_type: 'code',
    redirect_uri: 'https://app.example.com/callback',
    scope: 'openid profile',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  }),
  parameters: [tenantParameter],
  responses: {
    201: answer('The request is kept', PushedResponse, {
      request_uri: 'urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c2QbqJ1X4uEBQ3oQM',
      expires_in: pushedLife,
    }),
    ...authenticationErrors(
      ['invalid_request', 'The redirect_uri is not registered for the client'],
      ['unauthorized_client', 'The client is not allowed to use the authorization code'],
      ['unsupported_response_type', 'The response type is not supported: use code'],
      ['invalid_scope', 'The requested scope is not allowed for this client'],
      ['invalid_target', 'The requested resource is not allowed for this client'],
    ),
  },
}
