import { OAuthError } from '../protocol/errors.ts'
import { accessTokenTtl } from '../tokens/access-token.ts'
import type { Authorization } from '../tokens/authorization.ts'
import { checkCanSign } from '../tokens/check-can-sign.ts'
import {
  type DeviceGranted,
  deviceCodeInvalid,
  deviceCodeMessage,
  redeemDeviceCode,
  usedCode,
} from '../tokens/people/device-polls.ts'
import { endFamily, familyIdOf, startFamily } from '../tokens/people/families.ts'
import { FamilyEndedError } from '../tokens/people/family-ended-error.ts'
import { narrowGrant } from '../tokens/people/people-rights.ts'
import { authorizePerson } from '../tokens/people/person-authorization.ts'
import type { PersonGrant } from '../tokens/people/person-grant.ts'
import { getStandingPerson } from '../tokens/people/standing-person.ts'
import type { Person } from '../users/person.ts'
import type { Grant, GrantDeps, TokenRequest } from './grant.ts'

/** The code of a device on which a person signed in elsewhere (RFC 8628 section 3.4). */
export const deviceCodeGrant: Grant = {
  type: 'urn:ietf:params:oauth:grant-type:device_code',
  clients: 'both',
  isOfPeople: true,
  parameters: { device_code: 'The code of the answer of the device authorization endpoint' },
  scopePolicy: 'none',
  audiencePolicy: 'own',
  authorize,
}

/** Everything is checked before the code is used, so that a refusal or a key that is away does not use it up. */
async function authorize(request: TokenRequest, deps: GrantDeps): Promise<Authorization> {
  const { tenant, oauth2, client, parameters } = request
  const { device_code: deviceCode } = parameters
  if (deviceCode === undefined) throw new OAuthError('invalid_request', 'Missing device_code parameter')
  return redeemDeviceCode(
    { tenantId: tenant.id, clientId: client.id, deviceCode },
    {
      keep: accessTokenTtl(client, oauth2) * 1000,
      check: (granted) => check(granted, request, deps),
      make: (checked, granted, inside) =>
        start({ ...checked, deviceCode, granted }, request, { ...deps, storage: inside }),
      endReplayed: (granted) => endReplayed({ deviceCode, granted }, request, deps),
    },
    deps,
  )
}

interface Checked {
  readonly person: Person
  readonly grant: PersonGrant
  readonly narrowed: ReturnType<typeof narrowGrant>
}

/** Throws `invalid_grant` if what the person allowed does not stand any more. */
async function check(granted: DeviceGranted, request: TokenRequest, deps: GrantDeps): Promise<Checked> {
  const { tenant, resources } = request
  const grant = grantOf(granted)
  const { allowed, askedAt } = granted
  const made = { grant, madeAt: allowed.at, askedAt, invalid: deviceCodeInvalid }
  const { person } = await getStandingPerson(made, tenant, deps)
  const narrowed = narrowGrant(grant, { resources }, request)
  await checkCanSign(tenant, deps)
  return { person, grant, narrowed }
}

function grantOf({ request: { clientId, audience }, allowed }: DeviceGranted): PersonGrant {
  const { sub, scopes, authTime, amr, acr, sid } = allowed
  const offline = scopes.includes('offline_access')
  return { clientId, sub, scopes, audience, authTime, amr, acr, sid, offline }
}

interface Redeemed {
  readonly deviceCode: string
  readonly granted: DeviceGranted
}

async function start(
  { person, grant, narrowed, deviceCode, granted }: Checked & Redeemed,
  request: TokenRequest,
  deps: GrantDeps,
): Promise<Authorization> {
  const { expiresAt: seedUntil, allowed } = granted
  const family = await startFamily({ seed: deviceCode, grant, madeAt: allowed.at, seedUntil }, request, deps)
  if (!family) throw deviceCodeInvalid('used', usedCode(deps.now(), deps.now()))
  return authorizePerson({ grant, person, family, ...narrowed, isFirst: true }, request.tenant)
}

async function endReplayed(
  { deviceCode, granted }: Redeemed,
  { tenant }: TokenRequest,
  deps: GrantDeps,
): Promise<void> {
  const familyId = familyIdOf(deviceCode, deps)
  if (!(await endFamily(familyId, tenant.id, deps))) return
  const { sub } = granted.allowed
  const ended = { familyId, sub, clientId: granted.request.clientId }
  throw new FamilyEndedError('code', deviceCodeMessage, ended)
}
