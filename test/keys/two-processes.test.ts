import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { filesBelow, openKey, planFor } from '../support/signing.ts'
import { withTempFolder } from '../support/temp-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const script = join(import.meta.dir, '../support/open-key.ts')

interface Outcome {
  readonly generated: boolean
  readonly jwk: string
}

/** Starts another process that opens a key when it is told to; the result tells it, and is what came of it. */
async function startElsewhere(folder: string, kid: string | null): Promise<() => Promise<Outcome>> {
  const child = Bun.spawn([process.execPath, script, folder, kid ?? ''], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  let out = ''
  const reading = (async () => {
    for await (const chunk of child.stdout) out += new TextDecoder().decode(chunk)
  })()
  await waitFor('the other process is ready', () => out.includes('\n') || child.exitCode !== null)
  return async () => {
    await child.stdin.end()
    await reading
    expect({ error: await new Response(child.stderr).text(), code: await child.exited }).toEqual({
      error: '',
      code: 0,
    })
    return JSON.parse(out.replace('ready\n', ''))
  }
}

test.each(['k1', null])(
  'processes that start at once on one folder end with one key, with the kid %p',
  async (kid) => {
    for (let round = 0; round < 4; round++) {
      await withTempFolder(async (folder) => {
        const started = await Promise.all([1, 2, 3].map(() => startElsewhere(folder, kid)))
        const outcomes = await Promise.all(started.map((open) => open()))
        expect(outcomes.filter(({ generated }) => generated)).toHaveLength(1)
        expect(new Set(outcomes.map(({ jwk }) => jwk)).size).toBe(1)
        expect(await filesBelow(join(folder, 'keys'))).toHaveLength(1)
        const { key } = await openKey(planFor(folder, { kid }))
        expect(outcomes.map(({ jwk }) => jwk)).toContain(JSON.stringify(key.jwk))
      })
    }
  },
  30_000,
)
