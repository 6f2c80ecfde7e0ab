import { printable } from '../../printable.ts'
import { parseJson } from '../../protocol/members.ts'
import { CommandError } from '../command.ts'
import { type Asking, ask } from './http-client.ts'

export interface JsonAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** Sends a request to a server that is not trusted, like {@link ask}, and reads a JSON object. Throws CommandError. */
export async function fetchJson(url: string, asking: Asking): Promise<JsonAnswer> {
  const { status, text } = await ask(url, asking)
  const body = parseObject(text)
  if (!body) throw new CommandError(explainNoJson(new URL(url), status, text))
  return { status, body }
}

/** What an OAuth error says, as one line for a terminal. */
export function describeRefusal({ status, body }: JsonAnswer): string {
  const reason = JSON.stringify(body['error_description'] ?? body['error'] ?? 'no reason given')
  return `The server refused with ${status}: ${printable(reason)}`
}

/** Some servers answer plain HTTP with a text that says they speak TLS. */
function explainNoJson({ origin, protocol, host }: URL, status: number, text: string): string {
  const isTls = protocol === 'http:' && status === 400 && /\b(?:HTTPS|SSL|TLS)\b/i.test(text)
  const next = isTls ? `that port speaks TLS, so write https://${host}` : 'is that grantd?'
  return `${origin} answered ${status} without JSON; ${next}`
}

function parseObject(text: string): Record<string, unknown> | undefined {
  const value = parseJson(text)
  return typeof value === 'object' && value !== null ? { ...value } : undefined
}
