import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { compile, startOrder } from './compile.ts'

/**
 * Writes down which functions a start and a first token need (`bun scripts/start-order.ts`): the executable is built with them side by
 * side, so that fewer of its pages come into memory. A function that changes is only built in its old place; so this is
 * run now and then, and not at each build, which is to give the same bytes each time.
 */
const port = '20873'
const tenantUrl = `http://127.0.0.1:${port}/api/v1/tenant/test-tenant`
const folder = await mkdtemp(join(tmpdir(), 'grantd-order-'))
try {
  const outfile = join(folder, 'grantd')
  await compile({ outfile })
  await Bun.write(join(folder, 'config.yaml'), Bun.file('config.yaml'))
  const record = join(folder, 'order')
  const server = Bun.spawn([outfile, 'serve', '--host', '127.0.0.1', '--port', port], {
    cwd: folder,
    env: { ...process.env, BUN_BYTECODE_ORDER_OUT: record },
    stdout: 'ignore',
    stderr: 'ignore',
  })
  await waitUntilReady()
  await askForToken()
  server.kill('SIGTERM')
  await server.exited
  const [version = '', ...lines] = (await Bun.file(record).text()).split('\n')
  // Without the texts and constants, of which there are ten times as many for little more; sorted, for some come in another order each time.
  const functions = lines.filter((line) => /^[FMN] /.test(line)).sort()
  await Bun.write(startOrder, `${[version, ...functions].join('\n')}\n`)
  console.log(`wrote ${resolve(startOrder)}: ${functions.length} functions`)
} finally {
  await rm(folder, { recursive: true })
}

async function waitUntilReady(): Promise<void> {
  for (let tries = 0; ; tries++) {
    const isReady = await fetch(`http://127.0.0.1:${port}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isReady) return
    if (tries === 200) throw new Error('The server did not start')
    await Bun.sleep(50)
  }
}

async function askForToken(): Promise<void> {
  const { status } = await fetch(`${tenantUrl}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'your-client-id',
      client_secret: 'your-client-secret',
    }),
  })
  if (status !== 200) throw new Error(`The token was answered with ${status}`)
}
