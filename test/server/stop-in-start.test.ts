import { expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArguments } from '../../src/platform/arguments.ts'
import { bunPlatform } from '../../src/platform/bun/bun.ts'
import { serveProcess } from '../../src/server/serve-process.ts'
import { withTempFolder } from '../support/temp-folder.ts'

test('a key that can no longer be made because the server was stopped is no fault', () =>
  withTempFolder(async (folder) => {
    const path = join(folder, 'config.yaml')
    await writeFile(path, 'storage: memory\ntenants: { acme: { name: A } }\n')
    const making = Promise.withResolvers<string>()
    const asked = Promise.withResolvers<void>()
    let stop = (_signal: 'SIGTERM') => {}
    const platform = {
      ...bunPlatform(),
      generateKeyPem: () => {
        asked.resolve()
        return making.promise
      },
      onStopSignal: (listener: typeof stop) => {
        stop = listener
        return () => {}
      },
      ...{ onReloadSignal: () => () => {}, onReplaceSignal: () => () => {} },
      ...{ writeOut: () => {}, writeLine: () => {}, writeError: () => {} },
    }
    const args = parseArguments(['--config', path, '--port', '0'], {
      types: { config: 'string', port: 'string' },
      aliases: {},
    })
    const ended = serveProcess(args, platform, undefined)
    await asked.promise
    stop('SIGTERM')
    making.reject(new Error('The database is closed'))
    expect(await ended).toBe(0)
  }))
