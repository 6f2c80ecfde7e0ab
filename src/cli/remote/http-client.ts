import { UsageError } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'
import { CommandError } from '../command.ts'
import { findProxy, type NamedProxy } from './proxy.ts'
import { explainUnreached } from './reach-faults.ts'

/** Milliseconds for the whole exchange. */
const longestWait = 10_000
/** The most bytes of an answer. A token and a JWK Set are far smaller. */
const largestAnswer = 1024 * 1024

/** The base of a server without a trailing slash. Throws UsageError for anything but an http(s) URL. */
export function parseServerUrl(text: string): string {
  const isHttp = /^https?:\/\/[^/?#]/.test(text) && URL.canParse(text)
  if (isHttp) return text.replace(/\/+$/, '')
  throw new UsageError(`The URL is '${text}', wanted one such as http://localhost:3000`)
}

/** Why a server is not asked whose configuration has port 0. */
export function unknownPort(next: string): string {
  return `The port of the server is 0, which takes any free one, and no running server says which: ${next}`
}

export interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: Headers
}

export interface Asking {
  readonly platform: Pick<Platform, 'environment' | 'fetch'>
  readonly init?: RequestInit | undefined
  /** The request carries a secret, so it must not pass a proxy unencrypted. Default: false. */
  readonly isSecret?: boolean
  /** The certificate of the server is not checked. Default: false. */
  readonly isUnverified?: boolean
}

/** Sends a request to a server that is not trusted: follows no redirect, and reads a bounded answer. Throws CommandError. */
export async function ask(
  url: string,
  { platform, init, isSecret = false, isUnverified = false }: Asking,
): Promise<Answer> {
  if (new URL(url).port === '0') throw new CommandError(unknownPort('name the server with --url URL'))
  const proxy = findProxy(url, platform.environment)
  if (proxy && isSecret && url.startsWith('http:')) throw refuseProxy(url, proxy)
  const signal = AbortSignal.timeout(longestWait)
  try {
    const response = await platform.fetch(
      url,
      { ...init, signal, redirect: 'error' },
      { proxy: proxy?.url, isUnverified },
    )
    return { status: response.status, text: await readText(response), headers: response.headers }
  } catch (cause) {
    if (cause instanceof CommandError) throw cause
    throw new CommandError(explain(new URL(url), cause, proxy), { cause })
  }
}

function refuseProxy(url: string, { variable }: NamedProxy): CommandError {
  const { origin, hostname } = new URL(url)
  return new CommandError(
    `The proxy of ${variable} would see the secret, because ${origin} is not https; name an https URL, or put ${hostname} into NO_PROXY`,
  )
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > largestAnswer) {
      throw new CommandError(
        `${new URL(response.url).origin} sent more than ${largestAnswer} bytes; is that grantd?`,
      )
    }
  }
  return text
}

function explain(url: URL, cause: unknown, proxy: NamedProxy | undefined): string {
  if (cause instanceof Error && /redirect/i.test(cause.message)) {
    return `${url.origin} answers with a redirect, which is not followed; name the server itself with --url URL`
  }
  return explainUnreached({ url, cause, proxy })
}
