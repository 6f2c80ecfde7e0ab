import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { SqliteError } from '../../src/platform/sqlite-connection.ts'
import { withRestoreLock } from '../../src/storage/sqlite/restored-files.ts'
import { withTempFolder } from '../support/temp-folder.ts'
import { platform } from '../support/test-app.ts'

test.each([
  ['full', 'database or disk is full; make room on its disk'],
  ['busy', 'another process restores into this folder; wait for it'],
] as const)('a lock of a restore that is refused as %s says what to do', (kind, told) =>
  withTempFolder(async (folder) => {
    const sqlite = {
      ...platform.sqlite,
      open: () => ({
        all: () => [],
        close: () => {},
        copyTo: async () => {},
        execute: () => {
          throw new SqliteError(kind, 'database or disk is full')
        },
      }),
    }
    const locked = withRestoreLock(folder, { ...platform, sqlite }, async () => 'done')
    await expect(locked).rejects.toThrow(`Cannot lock ${join(folder, 'grantd.restore.lock')}: ${told}`)
  }),
)
