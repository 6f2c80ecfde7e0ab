import { join } from 'node:path'

/** One request as wrk sends it. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly authorization?: string
  readonly cookie?: string
  readonly contentType?: string
  readonly body?: string
}

export interface Load {
  /** Such as http://127.0.0.1:3000. */
  readonly origin: string
  readonly requests: readonly HttpRequest[]
  /**
   * `one`: the first, again and again. `once`: each at most once, and the end comes early when there is none left. `chain`: each
   * once, and then the same with the refresh token of the answer, so that there have to be more requests than connections.
   */
  readonly order: 'one' | 'random' | 'once' | 'chain'
  readonly connections: number
  readonly seconds: number
  /** Whether each request has a connection of its own; default: false. */
  readonly closing?: boolean
}

export interface LoadOutcome {
  readonly requests: number
  readonly seconds: number
  /** Milliseconds, as are the following three. */
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly longest: number
}

export class LoadError extends Error {}

/** Drives a server with one thread of wrk. Throws LoadError when an answer is no success or a connection fails. */
export async function runWrk(load: Load, folder: string): Promise<LoadOutcome> {
  const file = join(folder, 'requests.tsv')
  await Bun.write(file, renderRequests(load.requests))
  const wrk = Bun.spawn(
    [
      ...['wrk', '-t1', `-c${load.connections}`, `-d${load.seconds}s`, '--timeout', '10s'],
      ...['-s', join(import.meta.dir, 'wrk.lua'), load.origin, '--'],
      ...[file, load.order, load.closing ? 'close' : 'keep-alive'],
    ],
    { stdout: 'pipe', stderr: 'pipe' },
  )
  const [text, faults] = await Promise.all([new Response(wrk.stdout).text(), new Response(wrk.stderr).text()])
  return parseOutcome(text + faults, { closing: load.closing ?? false })
}

/** Lines that wrk.lua reads. */
export function renderRequests(requests: readonly HttpRequest[]): string {
  return requests.map((request) => `${renderRequest(request)}\n`).join('')
}

function renderRequest({
  method,
  path,
  authorization = '',
  cookie = '',
  contentType = '',
  body = '',
}: HttpRequest): string {
  const fields = [method, path, authorization, cookie, contentType, body]
  if (fields.some((field) => /[\t\n\r]/.test(field)))
    throw new LoadError(`Cannot send ${method} ${path}: it holds a tab or a line end`)
  return fields.join('\t')
}

interface Told extends LoadOutcome {
  readonly bad: number
  readonly broken: number
  /** Connections that the server ended. */
  readonly ended: number
}

/**
 * What wrk.lua wrote as its last line; throws LoadError when the round does not count. Where connections are to be closed, a
 * server may end each one without having announced it, after the whole answer: wrk counts that as a fault in reading.
 */
export function parseOutcome(text: string, { closing = false } = {}): LoadOutcome {
  const line = text.split('\n').findLast((candidate) => candidate.startsWith('{"requests":'))
  if (!line) throw new LoadError(`wrk told no figures: ${text.trim()}`)
  const { bad, broken, ended, ...outcome }: Told = JSON.parse(line)
  const failed = broken + (closing ? Math.max(0, ended - outcome.requests) : ended)
  if (bad > 0 || failed > 0)
    throw new LoadError(
      `of ${outcome.requests} answers ${bad} were no success and ${failed} connections failed`,
    )
  return outcome
}
