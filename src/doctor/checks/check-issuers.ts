import { CommandError } from '../../cli/command.ts'
import type { JsonAnswer } from '../../cli/remote/fetch-json.ts'
import type { KeyReport } from '../../keys/key-report.ts'
import { metadataUrls } from '../../protocol/url/well-known.ts'
import { type Tenant, tenantPath } from '../../tenants/tenant.ts'
import { count, cut, fault, ok, unknown, type Verdict, warning } from '../finding.ts'

export interface IssuerHost {
  /** Base of the links. */
  readonly publicUrl: string
  readonly tenants: readonly Pick<Tenant, 'id' | 'issuer' | 'oidc'>[]
  /** The keys that the storage has; a tenant without a report is asked for its issuer alone. */
  readonly reports: readonly Pick<KeyReport, 'plan' | 'keys'>[]
  /** Whether a server runs on this data_dir. */
  readonly isServing: boolean
  /** Gets JSON from a URL of the server. Throws CommandError. */
  readonly get: (url: string) => Promise<JsonAnswer>
}

/** Tenants that are asked for; each is two requests. */
const mostAsked = 50

/** Asks each tenant for its metadata and its keys, as a client does. */
export async function checkIssuers(host: IssuerHost): Promise<Verdict[]> {
  const { tenants } = host
  const asked = tenants.slice(0, mostAsked)
  const bad: Verdict[] = []
  for (const tenant of asked) {
    try {
      bad.push(...(await checkIssuer(tenant, host)))
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      return [unreached(error.message, host), ...cut(bad)]
    }
  }
  if (asked.length === 0) return [unknown('the configuration has no active tenant to ask for')]
  const rest = tenants.length - asked.length
  const more = rest > 0 ? [unknown(`${count(rest, 'more tenant')} not asked for`)] : []
  if (bad.length > 0) return [...cut(bad), ...more]
  return [
    ok(
      `${count(asked.length, 'tenant')} at ${host.publicUrl}: each tells the issuer and the keys that it should`,
    ),
    ...more,
  ]
}

function unreached(reason: string, { isServing }: IssuerHost): Verdict {
  if (isServing) return fault(`${reason} (wanted the metadata of each tenant, as clients ask for it)`)
  return unknown(`no server runs on this data_dir, and none answers elsewhere: ${reason}`)
}

async function checkIssuer(tenant: IssuerHost['tenants'][number], host: IssuerHost): Promise<Verdict[]> {
  const { id, issuer, oidc } = tenant
  const name = oidc ? 'openid-configuration' : 'oauth-authorization-server'
  const url = metadataUrls(issuer, name).appended
  const { status, body } = await host.get(url)
  if (status !== 200) {
    return [
      fault(
        `tenant ${id}: ${url} answers ${status}, wanted 200: clients find the endpoints there; let the proxy pass this path, and compare public_url and issuer`,
      ),
    ]
  }
  if (body['issuer'] !== issuer) {
    return [
      fault(
        `tenant ${id}: ${url} names the issuer ${quote(body['issuer'])}, wanted ${issuer}: clients refuse it; another server answers there, or it runs with another configuration`,
      ),
    ]
  }
  const keysAt = `${host.publicUrl}${tenantPath(id)}/.well-known/jwks.json`
  if (body['jwks_uri'] !== keysAt) {
    return [
      fault(
        `tenant ${id}: ${url} names the keys at ${quote(body['jwks_uri'])}, wanted ${keysAt}; the running server has another public_url: restart it`,
      ),
    ]
  }
  return checkKeys(tenant, keysAt, host)
}

async function checkKeys({ id }: { readonly id: string }, url: string, host: IssuerHost): Promise<Verdict[]> {
  const report = host.reports.find(({ plan }) => plan.tenantId === id)
  const { status, body } = await host.get(url)
  if (status !== 200) return [fault(`tenant ${id}: ${url} answers ${status}, wanted 200 with its keys`)]
  const published = new Set(kidsOf(body['keys']))
  return (report?.keys ?? []).flatMap(({ kid, state }) => {
    if (published.has(kid)) return []
    const lacks = `tenant ${id}: ${url} lacks the key ${kid}, which is ${state} in the storage`
    return state === 'active'
      ? [
          fault(
            `${lacks}: its tokens are refused; another server answers there, or one with another data_dir`,
          ),
        ]
      : [warning(`${lacks}; ask again in a minute: keys are published some seconds after they are made`)]
  })
}

function kidsOf(keys: unknown): string[] {
  if (!Array.isArray(keys)) return []
  return keys.flatMap((key) => (typeof key?.kid === 'string' ? [key.kid] : []))
}

/** What a server wrote, cut, because another server than ours may answer. */
function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 200 ? `${text.slice(0, 200)}...` : text
}
