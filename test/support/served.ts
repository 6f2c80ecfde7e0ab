import { join } from 'node:path'
import { parseArguments } from '../../src/platform/arguments.ts'
import { bunPlatform } from '../../src/platform/bun/bun.ts'
import type { ControlAnswer, ControlRequest } from '../../src/server/reload/control-messages.ts'
import { findSockets } from '../../src/server/reload/control-messages.ts'
import { serveProcess } from '../../src/server/serve-process.ts'
import { waitFor } from './wait-for.ts'

/** A server in this process, over HTTP, with the signals of its own. */
export interface Served {
  readonly url: string
  readonly folder: string
  /** The lines of the log so far, parsed. */
  log(): Record<string, unknown>[]
  /** Sends it SIGHUP. */
  hup(): void
  /** Asks it by its socket. */
  ask(request: ControlRequest): Promise<ControlAnswer>
  stop(): Promise<void>
}

/** Serves the config.yaml of the folder, with these variables of the environment. */
export async function startServed(
  folder: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<Served> {
  const lines: string[] = []
  let stop = (_signal: 'SIGTERM') => {}
  let hup = () => {}
  let text = ''
  const platform = bunPlatform()
  const args = parseArguments(['--config', join(folder, 'config.yaml'), '--port', '0'], {
    types: { config: 'string', port: 'string', host: 'string', 'data-dir': 'string' },
    aliases: {},
  })
  const ended = serveProcess(
    args,
    {
      ...platform,
      environment: (name) => variables[name],
      writeOut: (part) => {
        text += part
      },
      writeError: () => {},
      writeLine: (line) => void lines.push(line),
      onStopSignal: (listener) => {
        stop = listener
        return () => {}
      },
      onReloadSignal: (listener) => {
        hup = listener
        return () => {}
      },
      onReplaceSignal: () => () => {},
    },
    undefined,
  )
  const control = join(folder, 'data/control')
  const [socket = ''] = await waitFor('it serves', async () => {
    const found = await Promise.race([findSockets(control, platform), ended.then(() => undefined)])
    if (!found) throw new Error('The server ended')
    return found.length > 0 && found
  })
  const port = /listens on \S+:(\d+)/.exec(text)?.[1]
  return {
    url: `http://localhost:${port}`,
    folder,
    log: () => lines.map((line) => JSON.parse(line)),
    hup: () => hup(),
    ask: async (request) => {
      const answer = await platform.localSockets.ask(socket, JSON.stringify(request), 60_000)
      if (answer === undefined) throw new Error('The server did not answer')
      return JSON.parse(answer)
    },
    stop: async () => {
      stop('SIGTERM')
      await ended
    },
  }
}
