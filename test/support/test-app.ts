import { expect } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApp, loadAdminApi } from '../../src/app.ts'
import { readAudit } from '../../src/audit/audit-trail.ts'
import { hasUsedSecret } from '../../src/clients/stored-clients.ts'
import { parseConfig } from '../../src/config/load.ts'
import type { Deps, Lifecycle } from '../../src/deps.ts'
import { AttemptLimits } from '../../src/limits/attempt-limits.ts'
import { Rates } from '../../src/limits/rates/rates.ts'
import { createLog } from '../../src/log.ts'
import type { Metrics } from '../../src/metrics/metrics.ts'
import { bunPlatform } from '../../src/platform/bun/bun.ts'
import type { Outbound } from '../../src/platform/outbound.ts'
import type { AuditEvent } from '../../src/protocol/audit-events.ts'
import { composeDeps } from '../../src/server/compose.ts'
import { composeKeyring } from '../../src/server/compose-keys.ts'
import { LastUse } from '../../src/storage/last-use.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { Canary } from './canary.ts'
import { expectAnswerDocumented, expectLogDocumented } from './documented.ts'

/** 2030-01-01T00:00:00Z: where the clock of every test starts, in milliseconds. */
export const testStart = 1_893_456_000_000

export const platform = bunPlatform()

/** One key of limits for all, so that it is the same subjects that share a count by chance in each run. Other bytes are random. */
export const sameLimitKey = (count: number) =>
  count === 32 ? new Uint8Array(count).fill(1) : crypto.getRandomValues(new Uint8Array(count))

/** The whole server in this process, with a clock that stands still and a log that is kept. */
export interface TestApp {
  /** Sends a request to a path of the app; `address` is that of the other end of the connection. */
  send(path: string, init?: RequestInit, address?: string): Promise<Response>
  /** Posts a form to a tenant's token endpoint. */
  post(
    tenant: string,
    form: Record<string, string> | string,
    headers?: Record<string, string>,
    address?: string,
  ): Promise<Response>
  /** An access token, or a failure of the test. */
  token(tenant: string, form: Record<string, string>): Promise<string>
  /** Moves the clock. */
  advance(seconds: number): void
  readonly deps: Deps
  readonly lifecycle: Lifecycle
  readonly folder: string
  /** The log lines so far, parsed. */
  readonly log: readonly Record<string, unknown>[]
  /** What was recorded for the audit trail. */
  readonly events: readonly AuditEvent[]
  /** Removes its folder, and fails when the log holds a secret or a token that was used. */
  close(): Promise<void>
}

const base = 'http://localhost:3000'

export interface TestAppOptions {
  /** Default: a memory storage of its own. It is not closed with the app. */
  readonly storage?: Storage
  readonly metrics?: Metrics
  /** Default: no host has an address. */
  readonly outbound?: Outbound
}

/** Nothing leaves a test by accident. */
const unreachable: Outbound = {
  resolve: async () => [],
  post: () => Promise.reject(new Error('unreachable')),
}

/** An app over a config.yaml text; its data_dir is a new folder. */
export async function startTestApp(yaml: string, options: TestAppOptions = {}): Promise<TestApp> {
  const folder = await mkdtemp(join(tmpdir(), 'grantd-test-'))
  const loaded = await parseConfig({ file: 'config.yaml', text: yaml, folder }, platform)
  const canary = new Canary(yaml)
  const lines: string[] = []
  let time = testStart
  const now = () => time
  const lifecycle: Lifecycle = { phase: 'ready' }
  const storage = options.storage ?? createMemoryStorage()
  const events: AuditEvent[] = []
  const lastUse = new LastUse({
    ...{ storage, after: () => () => {}, onError: () => {} },
    isThere: ({ tenantId, id }) => hasUsedSecret(deps.clients.of(tenantId), id),
  })
  const limiting = {
    ...{ storage, now, hashing: platform.hashing },
    randomBytes: sameLimitKey,
    ...{ settings: loaded.config.limits, monotonic: () => time, after: () => () => {}, onError: () => {} },
  }
  const [limits, rates] = [new AttemptLimits(limiting), new Rates(limiting)]
  const log = createLog((line) => lines.push(line), now)
  const audit = { record: (event: AuditEvent) => void events.push(event) }
  const monotonic = () => time
  const deps = composeDeps(loaded, {
    // No timer runs out while the clock stands still.
    platform: { ...platform, outbound: options.outbound ?? unreachable, after: () => () => {} },
    storage,
    lastUse,
    limits,
    rates,
    audit,
    auditTrails: { read: (tenant, options) => readAudit(storage, tenant, options) },
    expiryCutoff: () => 0,
    now,
    lifecycle,
    log,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    keyring: await composeKeyring(loaded, platform, { storage, now, monotonic, log, audit }),
    publicUrl: loaded.config.server.public_url ?? base,
    metrics: options.metrics,
  })
  const handle = createApp(deps, await loadAdminApi(deps.settings.admin))
  const send = async (path: string, init?: RequestInit, address?: string) => {
    canary.watchRequest(init)
    const response = await handle(new Request(new URL(path, base), init), { address: () => address })
    await canary.watchResponse(response)
    if (path.includes('/oauth/')) await expectAnswerDocumented(response)
    return response
  }
  const post: TestApp['post'] = (tenant, form, headers, address) => {
    const init = {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
      body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
    }
    return send(`/api/v1/tenant/${tenant}/oauth/token`, init, address)
  }
  return {
    send,
    post,
    token: async (tenant, form) => {
      const response = await post(tenant, { grant_type: 'client_credentials', ...form })
      const body = await response.json()
      expect(body).toMatchObject({ token_type: 'Bearer' })
      return body.access_token
    },
    advance: (seconds) => {
      time += seconds * 1000
    },
    deps,
    lifecycle,
    folder,
    events,
    get log() {
      return lines.map((line) => JSON.parse(line))
    },
    close: async () => {
      await rm(folder, { recursive: true, force: true })
      canary.check(lines.join('') + JSON.stringify(events))
      expectLogDocumented(lines.map((line) => JSON.parse(line)))
    },
  }
}

/** A GET of the protected resource with an access token or an API key. */
export function callProtected(app: Pick<TestApp, 'send'>, token: string): Promise<Response> {
  return app.send('/api/v1/protected-resource', { headers: { Authorization: `Bearer ${token}` } })
}
