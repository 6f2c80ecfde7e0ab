import { Elysia } from 'elysia'
import { parsePeopleScopes } from '../../authorization/checks/requested-scopes.ts'
import type { Client } from '../../clients/client.ts'
import type { Deps } from '../../deps.ts'
import { json } from '../../http/answer/json.ts'
import { authenticateRequest } from '../../http/authenticate-client.ts'
import { beginSignIn } from '../../http/browser/begin-sign-in.ts'
import { answer, authenticationErrors, formBody, tenantParameter } from '../../http/openapi-parts.ts'
import { auditRefusal, recordAudit } from '../../http/record-event.ts'
import { parseForm } from '../../http/request/form.ts'
import { getOAuth2Tenant } from '../../http/tenant-of-path.ts'
import { DeviceAuthorizationRequest, DeviceAuthorizationResponse } from '../../protocol/device-messages.ts'
import { OAuthError } from '../../protocol/errors.ts'
import { oneOf } from '../../protocol/finding-words.ts'
import { deviceCodeGrantType } from '../../protocol/grant-types.ts'
import type { OAuth2Tenant } from '../../tenants/tenant.ts'
import { personAudience } from '../../tokens/audience.ts'
import { firstInterval, issueDeviceCodes } from '../../tokens/people/device-codes.ts'

/** `POST /api/v1/tenant/{tenant}/oauth/device_authorization` (RFC 8628 section 3.1). */
export const deviceAuthorizationEndpoint = (deps: Deps) =>
  new Elysia().post(
    '/api/v1/tenant/:tenant/oauth/device_authorization',
    async ({ request, params }) => {
      const found = await getOAuth2Tenant(request, params.tenant, deps)
      const answer = await auditRefusal(
        request,
        { type: 'device.refused', tenant: found.tenant.id },
        { deps, work: () => startDevice(request, found, deps) },
      )
      return json(answer)
    },
    { parse: 'none', detail },
  )

async function startDevice(
  request: Request,
  { tenant, oauth2 }: OAuth2Tenant,
  deps: Deps,
): Promise<DeviceAuthorizationResponse> {
  const form = await parseForm(request)
  const { client, proof } = await authenticateRequest(request, form, { tenant, deps })
  checkDeviceAllowed(client, tenant)
  const scopes = parsePeopleScopes(form.get('scope'), client)
  const audience = personAudience(form.getAll('resource'), { tenant, oauth2, client })
  if (proof.kind === 'none') await beginSignIn(request, { tenant, browserHash: undefined }, deps)
  const { device_code_ttl: ttl } = oauth2
  const asked = { clientId: client.id, scopes, audience }
  const { deviceCode, userCode } = await issueDeviceCodes(
    asked,
    // As long again, so that a device that comes late learns why. Nobody has to sign in to make such a row, so it is not kept for longer.
    { tenantId: tenant.id, ttl, keep: ttl },
    deps,
  )
  recordAudit(
    request,
    {
      ...{ type: 'device.started', tenant: tenant.id, outcome: 'success' },
      ...{ actor: client.id, client: client.id },
      ...(scopes.length > 0 && { detail: { scope: scopes.join(' ') } }),
    },
    deps,
  )
  return renderCodes({ deviceCode, userCode, ttl }, deps)
}

function renderCodes(
  { deviceCode, userCode, ttl }: { deviceCode: string; userCode: string; ttl: number },
  { publicUrl }: Pick<Deps, 'publicUrl'>,
): DeviceAuthorizationResponse {
  return {
    device_code: deviceCode,
    user_code: userCode,
    verification_uri: `${publicUrl}/device`,
    verification_uri_complete: `${publicUrl}/device?${new URLSearchParams({ user_code: userCode })}`,
    expires_in: ttl,
    interval: firstInterval,
  }
}

function checkDeviceAllowed(client: Client, { oidc }: OAuth2Tenant['tenant']): void {
  if (oidc && client.grant_types.includes(deviceCodeGrantType)) return
  throw new OAuthError('unauthorized_client', 'The client is not allowed to use codes of devices', {
    finding: {
      check: 'grant of the client',
      saw: oidc ? `${deviceCodeGrantType}, which the client does not have` : 'a tenant that signs nobody in',
      wanted: oidc ? oneOf(client.grant_types) : 'oidc of the tenant',
    },
  })
}

const detail = {
  tags: ['Tokens'],
  operationId: 'startDevice',
  summary: 'Get the codes of a device',
  description: [
    'For a device without a browser, or a command (RFC 8628). It shows `user_code` and `verification_uri`, and asks the token endpoint',
    'with `device_code` every `interval` seconds until the person has signed in elsewhere. After `slow_down` it waits five seconds',
    'longer each time.',
  ].join('\n'),
  ...formBody(DeviceAuthorizationRequest, { client_id: 'your-client-id', scope: 'openid profile' }),
  parameters: [tenantParameter],
  responses: {
    200: answer('The two codes', DeviceAuthorizationResponse, {
      device_code: 'GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS0w',
      user_code: 'WDJB-MJHT',
      verification_uri: 'https://auth.example.com/device',
      verification_uri_complete: 'https://auth.example.com/device?user_code=WDJB-MJHT',
      expires_in: 600,
      interval: 5,
    }),
    ...authenticationErrors(
      ['unauthorized_client', 'The client is not allowed to use codes of devices'],
      ['invalid_scope', 'The requested scope is not allowed for this client'],
      ['invalid_target', 'The requested resource is not allowed for this client'],
    ),
  },
}
