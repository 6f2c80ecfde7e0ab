import { refuseBeside } from '../../cli/check-use.ts'
import { type Command, CommandError, exitCodes } from '../../cli/command.ts'
import { issuerPortOption, jsonOption, storageOptions, tenantOption } from '../../cli/options.ts'
import { urlOption } from '../../cli/remote/server-url.ts'
import { withStorage } from '../../offline/with-storage.ts'
import { type ParsedArguments, UsageError } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'
import { printable } from '../../printable.ts'
import { findRefusals } from '../../refusals/refusal-book.ts'
import { type RefusalView, viewRefusal } from '../../refusals/refusal-view.ts'
import { adminTokenVariable, askAdmin, unexpected } from './asked-admin.ts'
import { explainTokenOf } from './explained-token-text.ts'

export const explainCommand: Command = {
  name: 'explain',
  group: 'Manage',
  summary: 'Say why a request was refused, or why a token is',
  words: '[REQUEST_ID]',
  mostWords: 1,
  options: [
    ...storageOptions,
    issuerPortOption,
    { name: 'token', value: '-', description: 'explain the token on standard input, in place of a request' },
    tenantOption('the tenant of a refresh token, which does not name its own'),
    {
      ...urlOption,
      description: `ask the admin API of this server, with the token in ${adminTokenVariable}`,
    },
    jsonOption,
  ],
  details:
    'REQUEST_ID is the X-Request-Id of the answer; the log line has it as request_id. A refusal is kept for refusals.retain, 1h by default.\nWith --token - it runs the check of an access token, an API key or a refresh token, step by step, and prints nothing\nof it; exit 0 if the server takes it now, 1 if not. Without --url the storage of the configuration is read, and a\nserver may be running.',
  example: 'grantd explain 18fa302255448cef517c1eba4f59f4b8',
  run,
}

async function run(args: ParsedArguments, platform: Platform): Promise<number> {
  const [requestId] = args.positionals
  const token = args.text('token')
  if (token !== undefined && token !== '-')
    throw new UsageError(
      'explain reads the token from standard input, because other users can see arguments: grantd explain --token - < token.txt',
    )
  if (token !== undefined && requestId !== undefined)
    throw new UsageError('explain wants the id of a request or --token -, not both')
  if (args.text(urlOption.name) !== undefined) refuseBeside('--url', ['config', 'data-dir', 'port'], args)
  if (token !== undefined) return explainTokenOf(args, platform)
  if (requestId === undefined)
    throw new UsageError('explain wants the id of a request: the X-Request-Id of its answer')
  refuseBeside('The id of a request', ['tenant'], args)
  const url = args.text(urlOption.name)
  const { refusals, leftOut } = await (url === undefined
    ? readStored(requestId, args, platform)
    : askServer(requestId, url, platform))
  if (refusals.length === 0) {
    throw new CommandError(
      `No refusal of the request '${printable(requestId)}' is kept: it was answered, or its refusal is older than refusals.retain, or younger than a second; the log has a line with this request_id`,
    )
  }
  const text = args.isSet('json')
    ? `${JSON.stringify({ request_id: requestId, refusals, left_out: leftOut })}\n`
    : `${refusals.map(renderView).join('\n')}${renderLeftOut(leftOut)}`
  platform.writeOut(text)
  return exitCodes.ok
}

interface Found {
  readonly refusals: readonly Partial<RefusalView>[]
  /** How many older ones are not shown. */
  readonly leftOut: number
}

async function readStored(requestId: string, args: ParsedArguments, platform: Platform): Promise<Found> {
  const { refusals, leftOut } = await withStorage(args, platform, ({ storage, loaded }) => {
    const earliest = platform.now() - loaded.config.refusals.retain * 1000
    return findRefusals(storage, requestId, ({ at }) => at > earliest)
  })
  return { refusals: refusals.map(viewRefusal), leftOut }
}

/** The members of an answer that a server sent; the server is not trusted. */
async function askServer(requestId: string, url: string, platform: Platform): Promise<Found> {
  const answer = await askAdmin(url, { path: `/requests/${encodeURIComponent(requestId)}`, platform })
  if (answer.status === 404 && answer.body['error'] === 'not_found') return { refusals: [], leftOut: 0 }
  const { refusals, left_out } = answer.body
  if (answer.status !== 200 || !Array.isArray(refusals)) throw unexpected(answer)
  return {
    refusals: refusals.filter((each) => typeof each === 'object' && each !== null),
    leftOut: typeof left_out === 'number' ? left_out : 0,
  }
}

function renderLeftOut(count: number): string {
  return count > 0 ? `\nolder ones of this id, not shown: ${count}\n` : ''
}

function renderView(view: Partial<RefusalView>): string {
  const { time, method, route, status, error } = view
  const head = [time, method, route ?? '(no route)', status, error ?? ''].map(String).join('  ').trimEnd()
  const facts = [
    ['tenant', view.tenant ?? 'not known'],
    ['client', view.client_id ?? 'not known'],
    ['check', view.check],
    ['saw', view.saw],
    ['wanted', view.wanted],
  ].filter((fact): fact is [string, string] => typeof fact[1] === 'string')
  return [head, ...facts.map(([name, text]) => `  ${name.padEnd(8)}${text}`)]
    .map((line) => `${printable(line)}\n`)
    .join('')
}
