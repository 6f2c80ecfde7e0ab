import type { DocumentDecoration } from 'elysia'
import { retryAfter, shared, withHeaders } from '../openapi-parts.ts'

type Answer = NonNullable<DocumentDecoration['responses']>[string]

/** An answer that is a page for people. */
export function pageAnswer(description: string): Answer {
  const example = '<!DOCTYPE html><html lang="en">...</html>'
  return { description, content: { 'text/html': { schema: { type: 'string' }, example } } }
}

/** An answer that sends the browser on. */
export function sentOn(description: string): Answer {
  return { description, headers: { Location: { description: 'Where to', schema: { type: 'string' } } } }
}

/** The errors of every page of a tenant. */
export const pageErrors = {
  404: shared('TenantNotFoundPage', pageAnswer('No active tenant of this id, as a page')),
  500: shared('ServerErrorPage', pageAnswer('The fault is ours and in the log, as a page')),
  503: shared(
    'UnavailablePage',
    withHeaders(retryAfter, pageAnswer('What the page needs is away; try again after Retry-After')),
  ),
}

/** The errors of every form of a page besides. */
export const formErrors = {
  ...pageErrors,
  403: shared('ForeignFormPage', pageAnswer('The form is not from our page in this browser, or too old')),
  413: shared('TooLargePage', pageAnswer('The form is larger than 64 KB')),
}

/** The answer to a password that comes too soon after others that failed. */
export const waitAnswer = shared(
  'WaitPage',
  withHeaders(
    retryAfter,
    pageAnswer('The form again: too many attempts failed; try again after Retry-After'),
  ),
)

/** The answer to a sign-in that begins after too many others. */
export const busyAnswer = shared(
  'BusyPage',
  withHeaders(
    retryAfter,
    pageAnswer('Too many sign-ins were begun from this address; try again after Retry-After'),
  ),
)
