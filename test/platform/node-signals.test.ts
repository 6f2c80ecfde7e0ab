import { expect, test } from 'bun:test'
import { resolve } from 'node:path'

const signals = resolve(import.meta.dir, '../../src/platform/node/node-signals.ts')

/** What a process prints that holds its signals, and its exit code. */
async function run(script: string): Promise<readonly [out: string, code: number]> {
  const whole = `import { hear, holdSignals } from '${signals}'\nholdSignals()\n${script}`
  const child = Bun.spawn([process.execPath, '--eval', whole], { stdout: 'pipe', stderr: 'inherit' })
  return [await new Response(child.stdout).text(), await child.exited]
}

const say = (signal: string) => `hear('${signal}', () => console.log('heard ${signal}'))`
const isWindows = process.platform === 'win32'

test.skipIf(isWindows)('an order that comes before it is heard is held, and heard once', async () => {
  const script = `process.emit('SIGHUP'); process.emit('SIGHUP'); process.emit('SIGUSR2')\n${say('SIGHUP')}\n${say('SIGUSR2')}
    await Promise.resolve(); ${say('SIGHUP')}; await Promise.resolve(); process.exit(7)`
  expect(await run(script)).toEqual(['heard SIGHUP\nheard SIGUSR2\n', 7])
})

test.skipIf(isWindows)('an order that is heard is not held', async () => {
  const script = `const end = ${say('SIGHUP')}; process.emit('SIGHUP'); end(); ${say('SIGHUP')}; await Promise.resolve(); process.exit(7)`
  expect(await run(script)).toEqual(['heard SIGHUP\n', 7])
})

test.each([
  ['SIGTERM', 0],
  ['SIGINT', 0],
] as const)('%s that nothing hears yet ends the process cleanly', async (signal, code) => {
  expect(await run(`process.emit('${signal}'); console.log('went on')`)).toEqual(['', code])
})

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)('%s that nothing hears any more is a second signal', async (signal, code) => {
  expect(await run(`const end = ${say('SIGTERM')}; end(); process.emit('${signal}')`)).toEqual(['', code])
})

test('an order to stop that is heard ends nothing by itself', async () => {
  expect(await run(`${say('SIGTERM')}; process.emit('SIGTERM'); process.exit(7)`)).toEqual([
    'heard SIGTERM\n',
    7,
  ])
})
