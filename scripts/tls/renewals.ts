import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { type Certified, createAuthority } from '../../test/support/certificates.ts'

/**
 * Replaces the certificate of a running executable again and again under load, and counts what failed:
 * `sh scripts/bun.sh scripts/tls/renewals.ts TIMES WORKERS`, by default 100 times, and one process (0 workers).
 */

const times = Number(process.argv[2] ?? 100)
const workers = Number(process.argv[3] ?? 0)
const root = join(import.meta.dir, '../..')
const folder = await mkdtemp(join(tmpdir(), 'grantd-renewals-'))
const authority = createAuthority('Test CA')
const secret = 'own-secret-of-the-renewals-0123456789'

const config = `
server: { port: 0, tls: { cert_file: tls/tls.crt, key_file: tls/tls.key } }
storage: memory
audit: { enabled: false }
limits: { enabled: false }
tenants:
  acme:
    name: Acme
    signing: { algorithm: ES256 }
    oauth2: { scopes: { read: Read } }
    clients: { svc: { secret: ${secret}, scopes: [read] } }
`

/** Every way in which a pair gets a new content. */
const ways: readonly ((pair: Certified, at: number) => Promise<void>)[] = [writeOver, renameInto, moveLink]

async function writePair(into: string, { certificate, key }: Certified): Promise<void> {
  await mkdir(into, { recursive: true })
  await writeFile(join(into, 'tls.crt'), certificate)
  await writeFile(join(into, 'tls.key'), key, { mode: 0o600 })
}

/** Both files are cut and written, one after the other. */
function writeOver(pair: Certified): Promise<void> {
  return writePair(join(folder, 'tls'), pair)
}

async function renameInto(pair: Certified, at: number): Promise<void> {
  const next = join(folder, `next-${at}`)
  await writePair(next, pair)
  for (const file of ['tls.crt', 'tls.key']) await rename(join(next, file), join(folder, 'tls', file))
}

/** As Kubernetes does: the folder of the files is behind a symbolic link, which is moved. */
async function moveLink(pair: Certified, at: number): Promise<void> {
  await writePair(join(folder, `secret-${at}`), pair)
  await symlink(`secret-${at}`, join(folder, 'tls-new'))
  await rename(join(folder, 'tls-new'), join(folder, 'tls'))
}

/** The fingerprint that a new connection sees. */
function shownAt(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(
      { host: '127.0.0.1', port, servername: 'localhost', ca: authority.certificate },
      () => {
        resolve(String(socket.getPeerCertificate().subject.CN))
        socket.destroy()
      },
    )
    socket.once('error', reject)
  })
}

/** Waits until twenty new connections in a row see the name. Returns the milliseconds. */
async function waitUntilShown(name: string, port: number): Promise<number> {
  const started = performance.now()
  for (let inRow = 0; inRow < 20; ) {
    inRow = (await shownAt(port)) === name ? inRow + 1 : 0
    if (performance.now() - started > 30_000) throw new Error(`${name} was not shown within 30 seconds`)
    if (inRow === 0) await Bun.sleep(50)
  }
  return performance.now() - started
}

/** Resident kB and open descriptors of the server and its workers. */
async function measure(pid: number) {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter(Boolean)
  const all = await Promise.all(
    [String(pid), ...children].map(async (each) => ({
      kilobytes: Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${each}/status`, 'utf8'))?.[1]),
      descriptors: (await readdir(`/proc/${each}/fd`)).length,
    })),
  )
  return {
    rss_mb: Math.round(all.reduce((sum, { kilobytes }) => sum + kilobytes, 0) / 1024),
    descriptors: all.reduce((sum, { descriptors }) => sum + descriptors, 0),
  }
}

async function startServer() {
  const args = workers > 0 ? ['--workers', String(workers)] : []
  const child = Bun.spawn([join(root, 'dist/grantd'), 'serve', '--config', 'config.yaml', ...args], {
    ...{ cwd: folder, stdout: 'pipe', stderr: 'inherit' },
    env: { PATH: process.env['PATH'] },
  })
  let text = ''
  const port = Promise.withResolvers<number>()
  const read = (async () => {
    const decoder = new TextDecoder()
    for await (const chunk of child.stdout) {
      text += decoder.decode(chunk, { stream: true })
      const found = /listens on https:\/\/\S+:(\d+)\n/.exec(text)?.[1]
      if (found) port.resolve(Number(found))
    }
  })()
  void child.exited.then(() => port.reject(new Error(text)))
  return { child, port: await port.promise, log: () => read.then(() => text) }
}

const first = authority.certify('first', 'localhost')
await moveLink(first, 0)
await writeFile(
  join(folder, 'config.yaml'),
  // Workers share a database.
  workers > 1 ? config.replace('storage: memory', 'storage: sqlite') : config,
  { mode: 0o600 },
)
await writeFile(join(folder, 'ca.pem'), authority.certificate)
const { child, port, log } = await startServer()
const form = `grant_type=client_credentials&client_id=svc&client_secret=${secret}`
const load = Bun.spawn(
  [process.execPath, join(import.meta.dir, 'load.ts'), String(port), join(folder, 'ca.pem'), form],
  { stdin: 'pipe', stdout: 'pipe', stderr: 'inherit' },
)
try {
  await Bun.sleep(3000)
  const before = await measure(child.pid)
  const started = performance.now()
  const waits: number[] = []
  for (let at = 1; at <= times; at++) {
    const name = `certificate-${at}`
    await ways[at % ways.length]?.(authority.certify(name, 'localhost'), at)
    waits.push(await waitUntilShown(name, port))
  }
  const seconds = Math.round((performance.now() - started) / 1000)
  const after = await measure(child.pid)
  load.stdin.end()
  const result = JSON.parse(await new Response(load.stdout).text())
  child.kill('SIGTERM')
  const code = await child.exited
  const lines = (await log()).split('\n').filter((line) => /"level":"(?:warn|error)"/.test(line))
  const median = Math.round(waits.toSorted((a, b) => a - b)[Math.floor(waits.length / 2)] ?? 0)
  console.log(
    JSON.stringify(
      { times, workers, seconds, median_ms_until_shown: median, before, after, ...result, code, lines },
      null,
      1,
    ),
  )
  process.exitCode = result.failedHandshakes + result.failedRequests + code + lines.length === 0 ? 0 : 1
} finally {
  load.kill()
  child.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
}
