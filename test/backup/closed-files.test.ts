import { expect, test } from 'bun:test'
import { appendFile, readdir, readFile, readlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkBackup } from '../../src/backup/restore-backup.ts'
import { nodeFiles } from '../../src/platform/node/node-files.ts'
import { withTempFolder } from '../support/temp-folder.ts'
import { platform } from '../support/test-app.ts'
import { settle } from '../support/wait-for.ts'
import { ageKeys, backUp, makeDataDir, restore } from './backup-kit.ts'

/** A file that is still open when the collector of garbage finds it is an uncaught fault, which takes the place of the message. */

/** The files in the folder that this process has open. */
async function openFiles(folder: string): Promise<string[]> {
  const numbers = await readdir('/proc/self/fd')
  const paths = await Promise.all(numbers.map((each) => readlink(`/proc/self/fd/${each}`).catch(() => '')))
  return paths.filter((path) => path.startsWith(folder))
}

test.if(process.platform === 'linux')('a backup that is refused is closed, whatever is wrong with it', () =>
  withTempFolder(async (folder) => {
    const [dataDir, whole] = [join(folder, 'data'), join(folder, 'whole')]
    await makeDataDir(dataDir, 'one')
    // More than is read at once.
    await writeFile(join(dataDir, 'keys/acme/large.pem'), crypto.getRandomValues(new Uint8Array(65_536)))
    for (let count = 0; count < 40; count++)
      await appendFile(join(dataDir, 'keys/acme/large.pem'), new Uint8Array(65_536))
    const { protection, opener } = await ageKeys()
    const passphrase = 'correct horse battery staple'
    await backUp({ dataDir, to: whole, protection })
    await backUp({ dataDir, to: `${whole}-pass`, protection: { kind: 'passphrase', passphrase, work: 8 } })
    await backUp({ dataDir, to: `${whole}-plain` })
    const plain = await readFile(`${whole}-plain`)
    const other = await ageKeys()
    const [cut, changed, long] = ['cut', 'changed', 'long'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ]
    await writeFile(cut, await readFile(whole))
    await truncate(cut, 600_000)
    await writeFile(changed, plain.with(5000, (plain[5000] ?? 0) ^ 1))
    await writeFile(long, plain)
    await truncate(long, 1024 ** 3)
    const attempts = [
      () => checkBackup(`${whole}-pass`, { passphrase: `${passphrase}!` }, platform),
      () => checkBackup(whole, other.opener, platform),
      () => checkBackup(whole, {}, platform),
      () => checkBackup(whole, { identities: ['AGE-SECRET-KEY-1X'] }, platform),
      () => checkBackup(cut, opener, platform),
      () => checkBackup(changed, {}, platform),
      () => checkBackup(long, {}, platform),
      () =>
        restore({ path: `${whole}-plain`, into: join(folder, 'new'), files: { ...nodeFiles, fill: fail } }),
      () => restore({ path: whole, opener, into: join(folder, 'new'), files: { ...nodeFiles, fill: fail } }),
      () => backUp({ dataDir, to: join(folder, 'none/b'), protection }),
      () => backUp({ dataDir, to: join(folder, 'none/b') }),
    ]
    for (const attempt of attempts) {
      await expect(attempt()).rejects.toThrow()
      expect(await openFiles(folder)).toEqual([])
    }
  }),
)

test('a backup that is too long is closed before that is told, however long that takes', () =>
  withTempFolder(async (folder) => {
    const [dataDir, whole] = [join(folder, 'data'), join(folder, 'whole')]
    await makeDataDir(dataDir, 'one')
    await backUp({ dataDir, to: whole })
    // Longer than it says: who notices closes the file too.
    await truncate(whole, 1024 ** 3)
    let isClosed = false
    const files = { ...nodeFiles, stream: (path: string) => slowlyClosed(path, () => (isClosed = true)) }
    await expect(checkBackup(whole, {}, { ...platform, files })).rejects.toThrow()
    expect(isClosed).toBe(true)
  }))

/** Calls back when the stream is closed, some turns after it was told to. */
function slowlyClosed(path: string, onClosed: () => void): ReadableStream<Uint8Array> {
  const reader = nodeFiles.stream(path).getReader()
  return new ReadableStream(
    {
      async pull(controller) {
        const { value } = await reader.read()
        if (value) controller.enqueue(value)
        else controller.close()
      },
      async cancel() {
        await reader.cancel()
        await settle()
        onClosed()
      },
    },
    { highWaterMark: 0 },
  )
}

async function fail(): Promise<void> {
  throw new Error('the disk is away')
}
