import { afterEach, beforeEach, expect, test } from 'bun:test'
import * as nodeFs from 'node:fs/promises'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '../../src/commands/run.ts'
import { createFiles } from '../../src/platform/node/node-files.ts'
import { platform } from '../support/test-app.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantd-init-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Runs `grantd init` on a disk that is full once so many files are written. The last file keeps a part of its content. */
async function init(room: number, ...args: string[]) {
  let left = room
  let [out, err] = ['', '']
  const open: typeof nodeFs.open = async (path, flags, mode) => {
    const file = await nodeFs.open(path, flags, mode)
    if (left-- > 0) return file
    file.writeFile = async () => {
      await file.write('part')
      throw Object.assign(new Error('full'), { code: 'ENOSPC' })
    }
    return file
  }
  const code = await runCommand({
    ...platform,
    args: ['init', ...args],
    files: createFiles({ ...nodeFs, open }),
    environment: () => undefined,
    writeOut: (text) => {
      out += text
    },
    writeError: (text) => {
      err += text
    },
  })
  return { code, out, err }
}

test.each([
  [0, 'config.yaml'],
  [1, 'config.schema.json'],
  [2, '.gitignore'],
])(
  'a disk that is full after %i files is told, and neither a file nor a folder stays',
  async (room, name) => {
    const target = join(folder, 'a/b')
    expect(await init(room, target)).toEqual({
      code: 1,
      out: '',
      err: `grantd: init leaves nothing behind, because it failed: Cannot write ${target}/${name}: ENOSPC; make room on the disk\n`,
    })
    expect(await readdir(folder)).toEqual([])
  },
)

test('what was there before stays on a full disk: folders and files', async () => {
  await mkdir(join(folder, 'a'))
  await Bun.write(join(folder, 'a/config.schema.json'), 'mine')
  expect((await init(1, join(folder, 'a'))).code).toBe(1)
  expect(await readdir(join(folder, 'a'))).toEqual(['config.schema.json'])
  expect(await Bun.file(join(folder, 'a/config.schema.json')).text()).toBe('mine')
})

test('with room it writes all, and prints the secret', async () => {
  const { code, out, err } = await init(3, join(folder, 'a'))
  expect([code, err]).toEqual([0, ''])
  expect(out).toMatch(
    /^wrote .*config\.yaml\nwrote .*config\.schema\.json\nwrote .*\.gitignore\n\nThe secret/,
  )
  expect((await readdir(join(folder, 'a'))).toSorted()).toEqual([
    '.gitignore',
    'config.schema.json',
    'config.yaml',
  ])
})
