import type { Deps } from '../../deps.ts'
import { recordAudit } from '../../http/record-event.ts'
import { notesOf } from '../../http/request/request-notes.ts'
import type { TokenRate } from '../../limits/rates/token-rates.ts'
import { OAuthError, tooManyRequests } from '../../protocol/errors.ts'
import type { CheckedRequest } from './token-check.ts'

/**
 * Runs `work`, which answers tokens, if the rates of the client and of its tenant have room for one more answer. An answer with a token
 * that another request got before counts too, and one without a token does not. Throws an error of status 429.
 */
export function withinRate<T>(asked: CheckedRequest, deps: Deps, work: () => Promise<T>): Promise<T> {
  const { tenant, oauth2, client } = asked
  const rate = deps.rates.tokens.open({
    tenant: { id: tenant.id, tokensPerMinute: oauth2.tokens_per_minute },
    client: { id: client.id, tokensPerMinute: client.tokens_per_minute },
  })
  return rate ? countIn(rate, { asked, deps, work }) : work()
}

async function countIn<T>(
  rate: TokenRate,
  {
    asked,
    deps,
    work,
  }: { readonly asked: CheckedRequest; readonly deps: Deps; readonly work: () => Promise<T> },
): Promise<T> {
  let isTaken = false
  try {
    const taken = take(rate, asked, deps)
    if (taken) await taken
    isTaken = true
    return await work()
  } catch (cause) {
    if (isTaken) rate.giveBack()
    else if (cause instanceof OAuthError && cause.status === tooManyRequests)
      deps.metrics?.countThrottled('tokens')
    throw cause
  } finally {
    notesOf(asked.request).rateLimit = rate.fields()
  }
}

function take(
  rate: TokenRate,
  { request, tenant, client }: CheckedRequest,
  deps: Deps,
): void | Promise<void> {
  return rate.take(({ scope, seconds }) => {
    const detail = { scope, seconds: String(seconds) }
    recordAudit(
      request,
      { type: 'limit.reached', tenant: tenant.id, outcome: 'refused', client: client.id, detail },
      deps,
    )
  })
}
