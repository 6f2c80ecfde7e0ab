import { Elysia } from 'elysia'
import { startInteraction } from '../../authorization/interactions.ts'
import type { Deps } from '../../deps.ts'
import { beginSignIn } from '../../http/browser/begin-sign-in.ts'
import { type Browser, openBrowser } from '../../http/browser/cookies.ts'
import { csrfToken } from '../../http/browser/csrf.ts'
import { parseOwnForm } from '../../http/browser/own-form.ts'
import { answerPage, pageFrame, withErrorPages } from '../../http/browser/page-answer.ts'
import { linkTo } from '../../http/browser/page-links.ts'
import { pagePath, seeOther } from '../../http/browser/people-page.ts'
import { recordWait } from '../../http/record-event.ts'
import { notesOf } from '../../http/request/request-notes.ts'
import { renderDeviceConfirmPage } from '../../pages/device-confirm-page.ts'
import { renderDeviceDonePage } from '../../pages/device-done-page.ts'
import { type DeviceView, renderDevicePage } from '../../pages/device-page.ts'
import { isThrottled, OAuthError, tooManyRequests } from '../../protocol/errors.ts'
import { parseUserCode, renderUserCode } from '../../protocol/people/user-code.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import { findDeviceByUserCode, type WaitingDevice } from '../../tokens/people/device-codes.ts'
import { interactionParameter } from './interaction-page.ts'

/** The page belongs to no tenant before its code is known, and neither do its cookie and its limit. */
const noTenant = { id: '' }

/**
 * `GET` and `POST /device`: where a person types the code of a device (RFC 8628 section 3.3). A code that the link has is shown and still
 * has to be sent by the person (section 5.4). The same path says how it ended.
 */
export const deviceEntryEndpoint = (deps: Deps) =>
  new Elysia()
    .get(
      '/device',
      ({ request }) => withErrorPages(request, undefined, deps, () => answerEntry(request, deps)),
      hidden,
    )
    .post(
      '/device',
      ({ request }) => withErrorPages(request, undefined, deps, () => takeCode(request, deps)),
      hidden,
    )

/** The most characters of a wrong code that come back in the form. */
const longestShown = 40

const hidden = { parse: 'none', detail: { hide: true } } as const

async function answerEntry(request: Request, deps: Deps): Promise<Response> {
  const query = new URL(request.url).searchParams
  const outcome = query.get('result')
  if (outcome === 'allowed' || outcome === 'denied') {
    const tenant = await deps.tenants.find(query.get('tenant') ?? '')
    return answerPage(renderDeviceDonePage({ frame: pageFrame(request, tenant, deps), outcome }))
  }
  const code = parseUserCode(query.get('user_code') ?? '')
  return answerForm(request, { code, problem: null, status: 200 }, deps)
}

/** Goes on to the sign-in at the tenant of the device. */
async function takeCode(request: Request, deps: Deps): Promise<Response> {
  const { sent } = await parseOwnForm(request, { tenant: noTenant, form: 'device', boundTo: '' }, deps)
  const typed = sent.get('user_code') ?? ''
  const code = parseUserCode(typed)
  // What is no code at all is no guess.
  if (code === undefined) return answerUnknown(request, { code, typed }, deps)
  const found = await guardGuess(request, deps, () => findDevice(code, deps))
  if (found instanceof OAuthError) return answerWait(request, code, { error: found, deps })
  return found ? beginInteraction(request, found, deps) : answerUnknown(request, { code, typed }, deps)
}

interface FoundDevice {
  readonly tenant: Tenant
  readonly device: WaitingDevice
}

/** The device of a code, at a tenant that is active and signs people in. */
async function findDevice(code: string, deps: Deps): Promise<FoundDevice | undefined> {
  const device = await findDeviceByUserCode(code, deps)
  const tenant = device && (await deps.tenants.find(device.tenantId))
  return device && tenant?.oidc ? { tenant, device } : undefined
}

/**
 * Slows down guessing from one address (RFC 8628 section 5.1). Returns the error of status 429 if the attempt has to wait. A success does
 * not exempt the address as that of a client does, because anybody can get a code of their own.
 */
async function guardGuess<T>(
  request: Request,
  deps: Deps,
  find: () => Promise<T | undefined>,
): Promise<T | undefined | OAuthError> {
  const attempt = openAttempt(request, deps)
  try {
    await attempt.admit()
    const found = await find()
    // Of many guesses at once, those are no longer looked at that others have made wait.
    for (let held = attempt.admit(); held; held = attempt.admit()) await held
    return found ?? attempt.fail()
  } catch (error) {
    if (!isThrottled(error)) throw error
    deps.metrics?.countThrottled('user_code')
    return error
  }
}

function openAttempt(request: Request, deps: Deps) {
  const subject = { tenantId: noTenant.id, kind: 'user_code', key: '', address: notesOf(request).address }
  return deps.limits.open(subject, (block) => recordWait(request, noTenant.id, block, deps))
}

async function beginInteraction(
  request: Request,
  { tenant, device: { id, clientId, scopes } }: FoundDevice,
  deps: Deps,
): Promise<Response> {
  const headers = new Headers()
  const { hash } = openBrowser(request, headers, { tenant, deps })
  const content = { kind: 'device' as const, device: id, client_id: clientId, scopes: [...scopes] }
  notesOf(request).clientId = clientId
  // Whoever has one code can type it without end, and each time makes a row.
  const { isBusy: isBrief } = await beginSignIn(request, { tenant, browserHash: hash }, deps)
  const interaction = await startInteraction({ tenant, browser: hash, content, isBrief }, deps)
  return seeOther(pagePath(tenant, '/login', deps, { [interactionParameter]: interaction.id }), headers)
}

interface FormAnswer extends Pick<DeviceView, 'problem'> {
  readonly code: string | undefined
  /** What the person typed, to be corrected; a text that a link brought is never shown. */
  readonly typed?: string
  readonly status: number
  readonly retryAfter?: number
}

function answerUnknown(
  request: Request,
  { code, typed }: Pick<FormAnswer, 'code' | 'typed'>,
  deps: Deps,
): Response {
  notesOf(request).finding = {
    check: 'code of a device',
    saw:
      code === undefined
        ? 'a text that is no code'
        : 'a code that no device waits with: mistyped, expired or decided',
    wanted: 'the code that the device shows now',
  }
  return answerForm(
    request,
    { code, ...(typed !== undefined && { typed }), problem: { kind: 'unknown' }, status: 400 },
    deps,
  )
}

function answerWait(
  request: Request,
  code: string,
  { error, deps }: { error: OAuthError; deps: Deps },
): Response {
  notesOf(request).finding = error.finding
  const seconds = error.retryAfterSeconds ?? 1
  const problem = { kind: 'wait' as const, seconds }
  return answerForm(request, { code, problem, status: tooManyRequests, retryAfter: seconds }, deps)
}

function answerForm(
  request: Request,
  { code, typed = '', problem, status, retryAfter }: FormAnswer,
  deps: Deps,
): Response {
  const headers = new Headers()
  if (retryAfter !== undefined) headers.set('Retry-After', String(retryAfter))
  const browser: Browser = openBrowser(request, headers, { tenant: noTenant, deps })
  const form = {
    frame: pageFrame(request, undefined, deps),
    action: linkTo('/device', undefined, deps),
    csrf: csrfToken(browser.secret, 'device', '', deps),
    userCode: code === undefined ? typed.slice(0, longestShown) : renderUserCode(code),
  }
  // A code that nobody has typed yet came with the link.
  const isLink = code !== undefined && problem === null
  const page = isLink ? renderDeviceConfirmPage(form) : renderDevicePage({ ...form, problem })
  return answerPage(page, { status, headers })
}
