import { expect, test } from 'bun:test'
import { cp, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkBackup } from '../../src/backup/restore-backup.ts'
import { type Doom, doomedFiles, Fate } from '../support/doomed.ts'
import { withTempFolder } from '../support/temp-folder.ts'
import { platform } from '../support/test-app.ts'
import { backUp, makeDataDir, readMark, restore } from './backup-kit.ts'

/** A death at each call, and a death in the middle of a write and a full disk at some of them. */
const ways = [
  ['before', 1],
  ['half', 7],
  ['ENOSPC', 7],
] as const

interface Attempts {
  readonly by: Doom['by']
  readonly step: number
  readonly attempt: (fate: Fate, at: number) => Promise<void>
}

/** Runs `attempt` with a doom at one call after the other, until one ends well. */
async function atCalls({ by, step, attempt }: Attempts): Promise<void> {
  for (let at = 1; ; at += step) {
    const fate = new Fate({ at, by })
    await attempt(fate, at)
    if (!fate.isMet) return
  }
}

test.each(ways)(
  'a restore that ends at any of its calls (%s) leaves the old data_dir or the new one',
  (by, step) =>
    withTempFolder(async (folder) => {
      const [dataDir, to, old] = ['data', 'b', 'old'].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ]
      await makeDataDir(dataDir, 'new')
      await makeDataDir(old, 'old')
      await backUp({ dataDir, to })
      const seen = new Set<string | undefined>()
      const attempt = async (fate: Fate, at: number) => {
        const into = join(folder, `into-${at}`)
        const fresh = join(folder, `fresh-${at}`)
        await cp(old, into, { recursive: true, mode: 0 })
        const files = doomedFiles(fate)
        await restore({ path: to, into, force: true, files }).catch(() => {})
        const mark = await readMark(into)
        if (!fate.isMet) expect(mark).toBe('new')
        expect(['old', 'new']).toContain(mark ?? 'nothing')
        seen.add(mark)
        if (at % 5 > 0) return
        // Whatever was left, the next restore does its work.
        await restore({ path: to, into, force: true })
        expect(await readMark(into)).toBe('new')
        const leftovers = (await readdir(into)).filter((name) => name.startsWith('grantd.restore'))
        expect(leftovers).toEqual([])
        await restore({ path: to, into: fresh, files: doomedFiles(new Fate({ at, by })) }).catch(() => {})
        expect([undefined, 'new']).toContain(await readMark(fresh))
      }
      await atCalls({ by, step, attempt })
      expect([...seen].sort()).toEqual(['new', 'old'])
    }),
)

test('a link in the place of what a restore left is removed, and nothing behind it', () =>
  withTempFolder(async (folder) => {
    const [dataDir, to, into, other] = ['data', 'b', 'into', 'other'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
      string,
    ]
    await makeDataDir(dataDir, 'new')
    await backUp({ dataDir, to })
    await mkdir(into, { mode: 0o700 })
    await mkdir(other)
    await writeFile(join(other, 'mine'), 'mine')
    await symlink(other, join(into, 'grantd.restore.tmp'))
    await restore({ path: to, into })
    expect(await readMark(into)).toBe('new')
    expect(await readdir(other)).toEqual(['mine'])
  }))

test.each(ways)('a backup that ends at any of its calls (%s) leaves a whole file or none', (by, step) =>
  withTempFolder(async (folder) => {
    const dataDir = join(folder, 'data')
    await makeDataDir(dataDir, 'one')
    const attempt = async (fate: Fate, at: number) => {
      const to = join(folder, `b-${at}`)
      await backUp({ dataDir, to, files: doomedFiles(fate) }).catch(() => {})
      if ((await readdir(folder)).includes(`b-${at}`))
        expect((await checkBackup(to, {}, platform)).parts).toHaveLength(2)
      else expect(fate.isMet).toBe(true)
      expect(await readMark(dataDir)).toBe('one')
      // Each backup looks at what is left of those before.
      for (const name of (await readdir(dataDir)).filter(
        (each) => each.endsWith('.tmp') || each.includes('.tmp-'),
      ))
        await rm(join(dataDir, name))
    }
    await atCalls({ by, step, attempt })
  }),
)
