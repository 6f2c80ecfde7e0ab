import { BackchannelLogout } from '../../src/logout/backchannel-logout.ts'
import type { Outbound, OutboundPost } from '../../src/platform/outbound.ts'
import type { Session } from '../../src/sessions/session.ts'
import type { Tenant } from '../../src/tenants/tenant.ts'
import { startTestApp, type TestApp, testStart } from '../support/test-app.ts'
import { waitFor } from '../support/wait-for.ts'

const clientOf = (name: string, uri: string) => `
      ${name}:
        secret: ${name}-secret-value-0123456789
        grant_types: [authorization_code]
        redirect_uris: [https://${name}.example.com/callback]
        backchannel_logout_uri: ${uri}`

export const config = `
tenants:
  acme:
    name: Acme
    signing: { algorithm: ES256 }
    oauth2: {}
    oidc: {}
    clients:${clientOf('web', 'https://web.example.com/logout?from=idp')}${clientOf('shop', 'https://shop.example.com/logout')}${clientOf('quiet', 'null')}
  inside:
    name: Inside
    signing: { algorithm: ES256 }
    oauth2: {}
    oidc: { backchannel_logout_private_addresses: true }
    clients:${clientOf('web', 'https://web.example.com/logout')}
`

/** Milliseconds between the attempts. */
export const pauses = [6000, 12_000, 20_000] as const

/** The clients as the network has them: names with addresses, and answers by name. */
export interface Network {
  readonly outbound: Outbound
  readonly addresses: Record<string, readonly string[]>
  /** The answer to the next posts to a host, the first one first; then 200. */
  readonly answers: Record<string, (number | Error | Promise<number>)[]>
  readonly posts: OutboundPost[]
}

export function createNetwork(): Network {
  const posts: OutboundPost[] = []
  const addresses: Network['addresses'] = {
    'web.example.com': ['93.184.216.34'],
    'shop.example.com': ['2606:2800:220:1::1', '93.184.216.35'],
  }
  const answers: Network['answers'] = {}
  const outbound: Outbound = {
    resolve: async (host) => addresses[host] ?? Promise.reject(new Error('ENOTFOUND')),
    post: async (request) => {
      posts.push(request)
      const next = answers[new URL(request.url).hostname]?.shift() ?? 200
      if (next instanceof Error) throw next
      return next
    },
  }
  return { outbound, addresses, answers, posts }
}

/** Timers that run when the test says so. */
function createTimers() {
  let now = 0
  const timers = new Set<{ at: number; callback: () => void }>()
  const after = (milliseconds: number, callback: () => void) => {
    const timer = { at: now + milliseconds, callback }
    timers.add(timer)
    return () => void timers.delete(timer)
  }
  const advance = (milliseconds: number) => {
    now += milliseconds
    for (const timer of [...timers].toSorted((a, b) => a.at - b.at)) {
      if (timer.at > now || !timers.delete(timer)) continue
      timer.callback()
    }
  }
  /** Whether a timer runs out in so long. */
  const hasIn = (milliseconds: number) => [...timers].some(({ at }) => at === now + milliseconds)
  /** Waits for the pause before another attempt, and ends it. */
  const pass = async (milliseconds: number) => {
    await waitFor(`a pause of ${milliseconds} ms`, () => hasIn(milliseconds))
    advance(milliseconds)
  }
  return { after, advance, pass, waiting: () => timers.size }
}

export async function startLogout() {
  const app = await startTestApp(config)
  const network = createNetwork()
  const timers = createTimers()
  const logout = new BackchannelLogout({
    ...app.deps,
    monotonic: () => 0,
    outbound: network.outbound,
    after: timers.after,
  })
  const tenantOf = async (id: string) => (await app.deps.tenants.find(id)) as Tenant
  return { app, network, timers, logout, acme: await tenantOf('acme'), inside: await tenantOf('inside') }
}

export type LogoutWorld = Awaited<ReturnType<typeof startLogout>>

export function sessionOf(clients: readonly string[], more: Partial<Session> = {}): Session {
  return {
    ...{
      sid: 'SidSidSidSidSidSidSid1',
      sub: 'AdaAdaAdaAdaAdaAdaAda1',
      authTime: testStart / 1000,
      amr: ['pwd'],
    },
    ...{ acr: null, createdAt: testStart, lastSeenAt: testStart, clients, userAgent: null, ...more },
  }
}

/** The events about logout tokens, as short texts. */
export function tellings({ events }: TestApp): string[] {
  return events
    .filter(({ type }) => type.startsWith('logout.'))
    .map(({ type, client, reason }) => [type, client, reason].filter(Boolean).join(' '))
}
