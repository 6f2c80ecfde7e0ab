import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { parse } from 'yaml'
import { findFreePort } from '../support/free-port.ts'
import { type Load, startLoad } from '../support/raw-load.ts'
import { programs, type RunningServer, startServer, writeConfig } from '../support/spawn-server.ts'
import { waitFor } from '../support/wait-for.ts'
import { openBrowser } from './swagger/page-kit.ts'

/** Debian's Prometheus scrapes a loaded server with two workers, and Debian's Chromium shows its status page. */

const root = resolve(import.meta.dir, '../..')
const client = { client_id: 'svc', client_secret: 'svc-secret-of-the-monitored' }
const yaml = `
server: { metrics: { enabled: true, port: 0 } }
tenants:
  acme:
    name: Acme
    oauth2: {}
    signing: { algorithm: ES256, rotate_every: 30d }
    clients: { svc: { secret: ${client.client_secret} } }
`
const path = '/api/v1/tenant/acme/oauth/token'

let folder: string
let server: RunningServer
let metricsUrl: string
let prometheus: { readonly url: string; stop(): Promise<void> }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantd-monitoring-'))
  await writeConfig(folder, yaml)
  server = await startServer(programs.executable, { folder, args: ['--workers', '2'] })
  await waitFor('all are ready', () => server.output().includes('workers are ready'))
  metricsUrl = /http:\/\/127\.0\.0\.1:\d+(?=\/metrics)/.exec(server.output())?.[0] ?? ''
  prometheus = await startPrometheus()
})
afterAll(async () => {
  await prometheus?.stop()
  expect(await server?.stop()).toBe(0)
  await rm(folder, { recursive: true, force: true })
})

function tokenRequest(): string {
  const form = new URLSearchParams({ ...client, grant_type: 'client_credentials' }).toString()
  return `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\n\r\n${form}`
}

function post(form: Record<string, string>): Promise<Response> {
  const body = new URLSearchParams({ ...form, grant_type: 'client_credentials' })
  return fetch(`${server.url}${path}`, { method: 'POST', body })
}

/** The configuration that people copy, with the address of this server, and a look each half second. */
async function startPrometheus() {
  const given = await readFile(join(root, 'deploy/prometheus/prometheus.yaml'), 'utf8')
  const own = given
    .replace('127.0.0.1:9464', new URL(metricsUrl).host)
    .replace(
      /scrape_interval: \w+, evaluation_interval: \w+/,
      'scrape_interval: 500ms, evaluation_interval: 500ms',
    )
  await writeFile(join(folder, 'prometheus.yaml'), own)
  await copyFile(join(root, 'deploy/prometheus/alerts.yaml'), join(folder, 'alerts.yaml'))
  const port = await findFreePort()
  const child = Bun.spawn(
    [
      'prometheus',
      `--config.file=${join(folder, 'prometheus.yaml')}`,
      `--storage.tsdb.path=${join(folder, 'tsdb')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ],
    { stdout: 'ignore', stderr: 'ignore' },
  )
  const url = `http://127.0.0.1:${port}`
  await waitFor('Prometheus is ready', () =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    ),
  )
  return {
    url,
    stop: async () => {
      child.kill()
      await child.exited
    },
  }
}

interface Series {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [number, string]
}

async function query(expression: string): Promise<readonly Series[]> {
  const answer = await fetch(`${prometheus.url}/api/v1/query?${new URLSearchParams({ query: expression })}`)
  const { status, error, data } = await answer.json()
  expect([expression, status, error]).toEqual([expression, 'success', undefined])
  return data.result
}

interface Panel {
  readonly title: string
  readonly targets?: readonly { readonly expr: string }[]
}

async function readPanels(): Promise<{ title: string; expression: string }[]> {
  const { panels } = JSON.parse(await readFile(join(root, 'deploy/grafana/grantd.json'), 'utf8'))
  return panels.flatMap(({ title, targets = [] }: Panel) =>
    targets.map(({ expr }) => ({
      title,
      expression: expr.replaceAll('$__rate_interval', '30s').replaceAll('$instance', '.*'),
    })),
  )
}

/** What did not happen here: nobody signs in or signs out, nothing is replayed, and no connection breaks a limit. */
const quiet = /grantd_(?:sign_ins|replays|logout_tokens|connections_closed)_/

describe('Prometheus', () => {
  let load: Load

  beforeAll(async () => {
    load = startLoad({ port: server.port, request: tokenRequest(), connections: 2, keepAlive: true })
    await waitFor('there are tokens', () => load.answered() >= 20)
    // More failures than are free, so that some have to wait. The client goes on, because its address is known.
    for (let count = 0; count < 15; count++) await post({ ...client, client_secret: `wrong-${count}` })
    await fetch(`${server.url}/no/such/path`)
  })
  afterAll(async () => {
    await load.stop()
  })

  test('it reads the metrics of a loaded server as OpenMetrics, without a complaint', async () => {
    await waitFor('it looked some times', async () => {
      const [scrapes] = await query('count_over_time(up{job="grantd"}[1m])')
      return Number(scrapes?.value[1] ?? 0) >= 5
    })
    const { data } = await (await fetch(`${prometheus.url}/api/v1/targets`)).json()
    expect(data.activeTargets).toMatchObject([{ health: 'up', lastError: '' }])
    const [tokens] = await query('sum(rate(grantd_tokens_issued_total[30s]))')
    expect(Number(tokens?.value[1])).toBeGreaterThan(1)
  })

  test('every query of the dashboard works, and shows data where something happened', async () => {
    const panels = await readPanels()
    expect(panels.length).toBeGreaterThan(30)
    const empty: string[] = []
    for (const { title, expression } of panels) {
      const result = await query(expression)
      if (result.length === 0 && !quiet.test(expression)) empty.push(`${title}: ${expression}`)
    }
    expect(empty).toEqual([])
  })

  test('every rule is evaluated, its metrics are there, and a server that is well has no alert', async () => {
    const { data } = await (await fetch(`${prometheus.url}/api/v1/rules`)).json()
    const rules = data.groups.flatMap(({ rules }: { rules: { name: string; health: string }[] }) => rules)
    const given = parse(await readFile(join(root, 'deploy/prometheus/alerts.yaml'), 'utf8'))
    const names = given.groups.flatMap(({ rules }: { rules: { alert?: string; record?: string }[] }) =>
      rules.map(({ alert, record }) => alert ?? record),
    )
    expect(rules.map(({ name }: { name: string }) => name).sort()).toEqual(names.sort())
    expect(rules.filter(({ health }: { health: string }) => health !== 'ok')).toEqual([])
    for (const { query: expression } of rules) await query(expression)
    const firing = await query('ALERTS{alertstate="firing"}')
    expect(firing.map(({ metric }) => metric['alertname'])).toEqual([])
  })
})

test('promtool finds nothing wrong in the metrics and in the rules, and each alert fires where it should', async () => {
  const metrics = await (await fetch(`${metricsUrl}/metrics`)).text()
  const checked = Bun.spawnSync(['promtool', 'check', 'metrics'], { stdin: Buffer.from(metrics) })
  expect([checked.exitCode, String(checked.stderr), String(checked.stdout)]).toEqual([0, '', ''])
  for (const words of [
    ['check', 'config', 'prometheus.yaml'],
    ['check', 'rules', 'alerts.yaml'],
    ['test', 'rules', 'alerts.test.yaml'],
  ]) {
    const { exitCode, stderr } = Bun.spawnSync(['promtool', ...words], {
      cwd: join(root, 'deploy/prometheus'),
    })
    expect([words, exitCode, String(stderr)]).toEqual([words, 0, ''])
  }
})

test('the status page is right in each look, satisfies axe-core, asks for its stylesheet alone, and shows a killed worker', async () => {
  const browser = await openBrowser()
  const [worker] = String(Bun.spawnSync(['pgrep', '-P', String(server.pid)]).stdout).split('\n')
  process.kill(Number(worker), 'SIGKILL')
  await waitFor('the other one is there', async () => {
    const page = await (await fetch(`${metricsUrl}/status`)).text()
    return (
      page.match(/class="state serving"/g)?.length === 2 &&
      page.includes('a worker ended') &&
      page.includes('Everything works')
    )
  })
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [390, 1440]) {
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } })
      const page = await context.newPage()
      const asked: string[] = []
      const complaints: string[] = []
      page.on('request', (request) => void asked.push(new URL(request.url()).pathname))
      page.on('console', (message) => void complaints.push(message.text()))
      await page.goto(`${metricsUrl}/status`)
      await page.getByRole('heading', { name: 'Workers' }).waitFor()
      expect([asked, complaints]).toEqual([['/status', '/status.css'], []])
      const [seen, whole] = await page.evaluate(() => [innerWidth, document.documentElement.scrollWidth])
      expect(whole).toBe(seen)
      const picture = join(root, `dist/screenshots/status-${width}-${colorScheme}.png`)
      await page.screenshot({ path: picture, fullPage: true })
      // It takes its time: each scheme once, and each size once.
      if ((colorScheme === 'light') === (width === 390)) expect(await judge(page)).toEqual([])
      await context.close()
    }
  }
  await browser.close()
})

async function judge(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate(() => Object(globalThis).axe.run())
  return violations.map(({ id, nodes }: axe.Result) => `${id}: ${nodes[0]?.html}`)
}
