import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { filesBelow, openKey, planFor } from '../support/signing.ts'
import { withTempFolder } from '../support/temp-folder.ts'

const script = join(import.meta.dir, '../support/open-key.ts')

interface Outcome {
  readonly generated: boolean
  readonly jwk: string
}

/** Opens a key in another process; it waits until `at` so that all of them start as one. */
async function openElsewhere(folder: string, kid: string | null, at: number): Promise<Outcome> {
  const child = Bun.spawn([process.execPath, script, folder, kid ?? '', String(at)], {
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, error, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  expect({ error, code }).toEqual({ error: '', code: 0 })
  return JSON.parse(out)
}

test.each(['k1', null])(
  'processes that start at once on one folder end with one key, with the kid %p',
  async (kid) => {
    for (let round = 0; round < 4; round++) {
      await withTempFolder(async (folder) => {
        const at = Date.now() + 250
        const outcomes = await Promise.all([1, 2, 3].map(() => openElsewhere(folder, kid, at)))
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
