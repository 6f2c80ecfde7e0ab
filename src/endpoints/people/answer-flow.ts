import { clientAnswerUrl } from '../../authorization/client-answer.ts'
import type { FlowAnswer } from '../../authorization/flow.ts'
import type { Deps } from '../../deps.ts'
import { answerPage, pageFrame } from '../../http/browser/page-answer.ts'
import { linkTo } from '../../http/browser/page-links.ts'
import { seeOther } from '../../http/browser/people-page.ts'
import { recordAudit } from '../../http/record-event.ts'
import { renderFormPostPage } from '../../pages/form-post-page.ts'
import type { Tenant } from '../../tenants/tenant.ts'

export interface AnswerOptions {
  readonly tenant: Tenant
  readonly deps: Deps
  /** With the cookies of the answer. */
  readonly headers: Headers
  /** The client that the answer is for; its name is on the page of `form_post`. */
  readonly client: { readonly id: string; readonly name: string } | undefined
  /** The sub of the person who allowed it, for the audit trail. */
  readonly actor?: string | undefined
  readonly uiLocales?: string | undefined
}

/** Answers what a flow came to: at the client, by a redirect or by a form, or at a page of ours. */
export function answerFlow(request: Request, answer: FlowAnswer, options: AnswerOptions): Response {
  const { tenant, deps, headers, client, actor, uiLocales } = options
  if (answer.to === 'page') return seeOther(linkTo(answer.path, undefined, deps), headers)
  if (answer.hasCode) {
    const event = {
      type: 'code.issued',
      tenant: tenant.id,
      outcome: 'success',
      actor,
      client: client?.id,
    } as const
    recordAudit(request, event, deps)
    deps.metrics?.countCode()
  }
  const { redirectUri, responseMode, parameters } = answer.answer
  if (responseMode === 'query') return seeOther(clientAnswerUrl(answer.answer), headers)
  const page = renderFormPostPage({
    frame: pageFrame(request, tenant, deps, uiLocales),
    action: redirectUri,
    fields: parameters,
    clientName: client?.name ?? null,
  })
  return answerPage(page, { headers, formTargets: [redirectUri], formPost: deps })
}
