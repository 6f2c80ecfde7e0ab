import { expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { denoProgram } from '../support/spawn-server.ts'

const source = join(import.meta.dir, '../../src/platform/detect.ts')
const processSource = join(import.meta.dir, '../../src/platform/node/node-process.ts')
/** Writes lines without end, and says to the other stream how many it could. */
const program = `
  import { detectPlatform } from ${JSON.stringify(source)}
  const platform = await detectPlatform()
  let lines = 0
  while (lines < 100000 && (await platform.writeOutPaced('x'.repeat(9999) + '\\n'))) lines++
  platform.writeError(String(lines))`

const runtimes: [string, string[]][] = [
  ['Bun', [process.execPath, 'run', '-']],
  ['Deno', [denoProgram, 'run', '--quiet', '--no-config', '--allow-all', '-']],
]

test.each(runtimes)('under %s, output that nobody reads any more ends', async (_, words) => {
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

/** Prints more than a pipe takes at once, and ends. */
const longText = `
  import { detectPlatform } from ${JSON.stringify(source)}
  import { exitProcess } from ${JSON.stringify(processSource)}
  const platform = await detectPlatform()
  platform.writeLine('a line\\n')
  platform.writeOut('x'.repeat(400000))
  platform.writeOut('the end\\n')
  exitProcess(3)`

test.each(runtimes)(
  'under %s, a reader that takes its time gets all that a command prints',
  async (_, words) => {
    const script = 'set -o pipefail; "$@" | { sleep 2; cat; }'
    const child = Bun.spawn(['bash', '-c', script, 'bash', ...words], {
      stdin: new TextEncoder().encode(longText),
      stdout: 'pipe',
    })
    const out = await new Response(child.stdout).text()
    expect([out.length, out.slice(-8)]).toEqual([400_015, 'the end\n'])
    expect(await child.exited).toBe(3)
  },
)

const onLinux = existsSync('/dev/full') ? test : test.skip
onLinux.each(runtimes)(
  'under %s, a command whose output a full disk does not take says so and ends with 1',
  async (_, words) => {
    for (const length of ['400000', '4']) {
      const text = longText.replace('400000', length).replace('exitProcess(3)', 'exitProcess(0)')
      const child = Bun.spawn(['bash', '-c', '"$@" > /dev/full', 'bash', ...words], {
        stdin: new TextEncoder().encode(text),
        stderr: 'pipe',
      })
      expect(await new Response(child.stderr).text()).toBe(
        'grantd: Cannot write all of standard output, and what is done stays done: ENOSPC; make room on the disk\n',
      )
      expect(await child.exited).toBe(1)
    }
  },
)

onLinux.each(runtimes)(
  'under %s, a command whose errors nobody takes, nor its output, ends with 1',
  async (_, words) => {
    const text = `${longText.replace('exitProcess(3)', 'platform.writeError("x")\nexitProcess(0)')}`
    const child = Bun.spawn(['bash', '-c', '"$@" > /dev/full 2> /dev/full', 'bash', ...words], {
      stdin: new TextEncoder().encode(text),
    })
    expect(await child.exited).toBe(1)
  },
)

test.each(runtimes)('under %s, a command whose output is closed ends as it would', async (_, words) => {
  const child = Bun.spawn(['bash', '-c', '"$@" >&- 2>&-', 'bash', ...words], {
    stdin: new TextEncoder().encode(longText),
  })
  expect(await child.exited).toBe(3)
})
