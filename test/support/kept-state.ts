import { expect } from 'bun:test'
import { chmod, cp, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../../src/commands/run.ts'
import type { Platform } from '../../src/platform/platform.ts'
import { withTempFolder } from './temp-folder.ts'
import { platform } from './test-app.ts'

/** Works on a copy of a folder of test/fixtures that has config.yaml and `state/`. */
export async function withCopyOf(fixture: string, work: (folder: string) => Promise<void>): Promise<void> {
  const source = join(import.meta.dir, '../fixtures', fixture)
  await withTempFolder(async (folder) => {
    await cp(join(source, 'config.yaml'), join(folder, 'config.yaml'))
    await cp(join(source, 'state'), join(folder, 'state'), { recursive: true })
    // A checkout sets no modes.
    await chmod(join(folder, 'config.yaml'), 0o600)
    const files = await readdir(join(folder, 'state'), { recursive: true, withFileTypes: true })
    for (const file of files) await chmod(join(file.parentPath, file.name), file.isFile() ? 0o600 : 0o700)
    await work(folder)
  })
}

/** This build in `folder`, whose clock starts at `at` (milliseconds since the epoch). */
export interface Place {
  readonly folder: string
  readonly at: number
}

function platformAt({ folder, at }: Place): Platform {
  const start = platform.monotonic()
  const files = {
    ...platform.files,
    resolve: (...paths: string[]) => platform.files.resolve(folder, ...paths),
  }
  return {
    ...platform,
    files,
    // The loops beside the answers need not be waited for.
    after: (milliseconds, callback) => platform.after(milliseconds / 20, callback),
    now: () => at + Math.round(platform.monotonic() - start),
    environment: () => undefined,
    writeLine: () => {},
    writeError: () => {},
  }
}

/** Runs one command. */
export async function runAt(
  place: Place,
  args: readonly string[],
): Promise<{ readonly code: number; readonly out: string }> {
  let out = ''
  const writeOut = (text: string) => {
    out += text
  }
  const code = await runCommand({
    ...platformAt(place),
    args: [...args, '--config', join(place.folder, 'config.yaml')],
    writeOut,
    writeOutPaced: async (text) => {
      writeOut(text)
      return true
    },
    writeError: writeOut,
  })
  return { code, out }
}

/** Runs a server while `work` uses it, with the URL that it listens on. */
export async function serveAt(place: Place, work: (url: string) => Promise<void>): Promise<void> {
  const listening = Promise.withResolvers<string>()
  let stop = () => {}
  const ended = runCommand({
    ...platformAt(place),
    args: ['serve', '--config', join(place.folder, 'config.yaml'), '--port', '0'],
    writeOut: (text) => {
      const url = /listens on (http:\/\/\S+:\d+)\n/.exec(text)?.[1]
      if (url !== undefined) listening.resolve(url)
    },
    onStopSignal: (listener) => {
      stop = () => listener('SIGTERM')
      return () => {}
    },
    onReloadSignal: () => () => {},
  })
  void ended.then((code) => listening.reject(new Error(`ended with ${code} before it listened`)))
  try {
    await work(await listening.promise)
  } finally {
    stop()
    expect(await ended).toBe(0)
  }
}
