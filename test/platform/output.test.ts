import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { denoProgram } from '../support/spawn-server.ts'

const source = join(import.meta.dir, '../../src/platform/detect.ts')
/** Writes lines without end, and says to the other stream how many it could. */
const program = `
  import { detectPlatform } from ${JSON.stringify(source)}
  const platform = await detectPlatform()
  let lines = 0
  while (lines < 100000 && (await platform.writeOutPaced('x'.repeat(9999) + '\\n'))) lines++
  platform.writeError(String(lines))`

test.each([
  ['Bun', [process.execPath, 'run', '-']],
  ['Deno', [denoProgram, 'run', '--quiet', '--no-config', '--allow-all', '-']],
])('under %s, output that nobody reads any more ends', async (_, words) => {
  const child = Bun.spawn(['bash', '-c', '"$@" | head -n 20 | wc -l', 'bash', ...words], {
    stdin: new TextEncoder().encode(program),
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  expect(out.trim()).toBe('20')
  expect(Number(err)).toBeGreaterThanOrEqual(19)
  expect(Number(err)).toBeLessThan(1000)
})
