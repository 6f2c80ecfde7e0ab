import type { Deps } from '../../deps.ts'
import { recordWait } from '../../http/record-event.ts'
import { notesOf } from '../../http/request/request-notes.ts'
import type { TokenRate } from '../../limits/rates/token-rates.ts'
import { isThrottled } from '../../protocol/errors.ts'
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
    const taken = rate.take((block) => recordWait(asked.request, asked.tenant.id, block, deps))
    if (taken) await taken
    isTaken = true
    return await work()
  } catch (cause) {
    if (isTaken) rate.giveBack()
    else if (isThrottled(cause)) deps.metrics?.countThrottled('tokens')
    throw cause
  } finally {
    notesOf(asked.request).rateLimit = rate.fields()
  }
}
