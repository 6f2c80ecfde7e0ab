import { CommandError } from '../../cli/command.ts'
import { findDataDir } from '../../offline/find-data-dir.ts'
import type { ParsedArguments } from '../../platform/arguments.ts'
import { FileError } from '../../platform/files.ts'
import type { Platform } from '../../platform/platform.ts'
import {
  type ControlAnswer,
  type ControlRequest,
  controlFolder,
  findSockets,
} from '../../server/reload/control-messages.ts'
import { readAnswer } from './read-answer.ts'

/**
 * Asks every server that runs on the data_dir of the arguments. Throws CommandError when none runs or one does not do it, and
 * ConfigError when none runs and the configuration cannot be read.
 */
export async function askServers(
  request: ControlRequest,
  args: ParsedArguments,
  platform: Platform,
): Promise<ControlAnswer[]> {
  const { dataDir, fault } = await findDataDir(args, platform)
  const folder = controlFolder(dataDir, platform.files)
  const answers: ControlAnswer[] = []
  for (const path of await findSockets(folder, platform)) {
    const text = await ask(path, request, platform)
    if (text === undefined) continue
    answers.push(readAnswer(text, path))
  }
  if (answers.length > 0) return answers
  if (fault) throw fault
  // What asks for a plan wants nothing changed, as SIGHUP would.
  const next =
    request.command === 'plan' ? '. Without a server, grantd check looks at the file' : ', or send it SIGHUP'
  throw new CommandError(
    `Cannot find a running server: none listens in ${folder}; name its configuration with --config or its folder with --data-dir${next}`,
  )
}

/** Milliseconds for a hello: a reload of ten thousand tenants holds the server up for seconds. */
const longestHello = 30_000
/** Milliseconds for an answer: workers that are replaced may take minutes. */
const longestWork = 10 * 60_000

/** Undefined: nobody listens there. A server that stands still is told soon, because it says no hello either. */
async function ask(
  path: string,
  request: ControlRequest,
  { localSockets }: Platform,
): Promise<string | undefined> {
  const hello: ControlRequest = { command: 'hello' }
  let patience = longestHello
  try {
    if ((await localSockets.ask(path, JSON.stringify(hello), patience)) === undefined) return undefined
    patience = longestWork
    return await localSockets.ask(path, JSON.stringify(request), patience)
  } catch (cause) {
    if (!(cause instanceof FileError && cause.code === 'ETIMEDOUT')) throw cause
    throw new CommandError(
      `The server at ${path} gives no answer for ${patience / 1000} seconds: it stands still, or is stopped; grantd doctor and its log say more`,
      { cause },
    )
  }
}
