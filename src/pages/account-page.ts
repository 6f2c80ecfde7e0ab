import { type Html, html } from '../http/answer/html.ts'
import { renderLayout } from './frame/layout.ts'
import type { PageFrame, PersonView, ScopeView } from './frame/page-frame.ts'
import { renderDone, renderField, renderHidden, renderPerson } from './frame/parts.ts'
import type { Texts } from './locales/en.ts'
import { textsOf } from './locales/locale.ts'
import { explainPassword, type PasswordProblem } from './password-problem.ts'
import { describeDevice } from './words/device-words.ts'
import { renderScopes } from './words/scope-words.ts'
import { renderTime } from './words/time-words.ts'

export interface SessionView {
  readonly sid: string
  /** Whether this page was asked for in this session. */
  readonly isCurrent: boolean
  readonly userAgent: string | null
  /** Milliseconds. */
  readonly createdAt: number
  readonly lastSeenAt: number
}

export interface AppView {
  readonly clientId: string
  readonly name: string
  readonly scopes: readonly ScopeView[]
  /** Milliseconds. */
  readonly givenAt: number
}

/** What was done, said above the page. */
export type AccountDone = 'password-changed' | 'signed-out' | 'consent-withdrawn'

export interface AccountView {
  readonly frame: PageFrame
  /**
   * Where the forms post `csrf` and `action`: `change-password` with `current_password` and `password`; `sign-out` with `session`, a sid;
   * `sign-out-all`; `revoke-consent` with `client`, a client id.
   */
  readonly action: string
  readonly csrf: string
  readonly person: PersonView
  /** False for a person of config.yaml. */
  readonly canChangePassword: boolean
  /** Characters. */
  readonly minLength: number
  readonly problem: PasswordProblem | null
  readonly done: AccountDone | null
  readonly sessions: readonly SessionView[]
  readonly apps: readonly AppView[]
  /** Milliseconds. */
  readonly now: number
}

/** The page of a person: the password, where they are signed in, and the apps that have access. */
export function renderAccountPage(view: AccountView): Html {
  const texts = textsOf(view.frame.locale)
  const { account } = texts
  const body = html`<h1>${account.title}</h1>
${view.done === null ? html`` : renderDone(account.done[view.done])}
${renderPerson(view.person, texts.consent.as)}
${renderSessions(view, texts)}
${renderApps(view, texts)}
${renderPasswordForm(view, texts)}`
  return renderLayout(view.frame, {
    title: account.title,
    body,
    hasError: view.problem !== null,
    isWide: true,
  })
}

/** One form of the page: its hidden inputs, and what is in it. */
function renderForm(
  { action, csrf }: AccountView,
  hidden: Readonly<Record<string, string>>,
  inside: Html,
): Html {
  return html`<form method="post" action="${action}">
${renderHidden({ csrf, ...hidden })}
${inside}
</form>`
}

function renderSessions(view: AccountView, texts: Texts): Html {
  const { account } = texts
  return html`<section aria-labelledby="sessions">
<h2 id="sessions">${account.sessions}</h2>
<ul class="rows">
${view.sessions.map((session) => renderSession(session, view, texts))}
</ul>
${renderForm(
  view,
  { action: 'sign-out-all' },
  html`<div class="all"><p class="hint" id="all-hint">${account.signOutAllHint}</p>
<button class="small" aria-describedby="all-hint">${account.signOutAll}</button></div>`,
)}
</section>`
}

function renderSession(session: SessionView, view: AccountView, texts: Texts): Html {
  const { account } = texts
  const { now, frame } = view
  const device = describeDevice(session.userAgent, texts)
  const button = html`<button class="small" aria-label="${account.signOutOf(device)}">${account.signOut}</button>`
  return html`<li><div><p class="name"><span>${device}</span>${session.isCurrent ? html` <span class="badge">${account.thisDevice}</span>` : html``}</p>
<p class="detail"><span>${account.lastSeen(renderTime(session.lastSeenAt, now, frame.locale))}.</span> <span>${account.signedInAt(renderTime(session.createdAt, now, frame.locale))}.</span></p></div>
${renderForm(view, { action: 'sign-out', session: session.sid }, button)}</li>`
}

function renderApps(view: AccountView, texts: Texts): Html {
  const { account } = texts
  const list = html`<ul class="rows">
${view.apps.map((app) => renderApp(app, view, texts))}
</ul>`
  return html`<section aria-labelledby="apps">
<h2 id="apps">${account.apps}</h2>
${view.apps.length > 0 ? list : html`<p class="detail">${account.noApps}</p>`}
</section>`
}

function renderApp(app: AppView, view: AccountView, texts: Texts): Html {
  const { account } = texts
  const button = html`<button class="small" aria-label="${account.revokeOf(app.name)}">${account.revoke}</button>`
  return html`<li><div><p class="name"><bdi>${app.name}</bdi></p>
<p class="detail">${account.allowed(renderTime(app.givenAt, view.now, view.frame.locale))}</p></div>
${renderForm(view, { action: 'revoke-consent', client: app.clientId }, button)}
${renderScopes(app.scopes, texts)}</li>`
}

function renderPasswordForm(view: AccountView, texts: Texts): Html {
  const { account, password } = texts
  const { problem, minLength, person } = view
  const error = problem === null ? undefined : explainPassword(problem, texts)
  const isCurrentWrong = problem?.kind === 'wrong' || problem?.kind === 'wait'
  const inside = html`<input type="text" name="username" value="${person.username}" autocomplete="username" readonly hidden>
${renderField({
  name: 'current_password',
  label: account.currentPassword,
  type: 'password',
  autocomplete: 'current-password',
  error: isCurrentWrong ? error : undefined,
  hasFocus: isCurrentWrong,
})}
${renderField({
  name: 'password',
  label: account.newPassword,
  type: 'password',
  autocomplete: 'new-password',
  hint: password.hint(minLength),
  error: isCurrentWrong ? undefined : error,
  hasFocus: problem !== null && !isCurrentWrong,
})}
<button>${account.changePassword}</button>`
  return html`<section aria-labelledby="password-title">
<h2 id="password-title">${account.password}</h2>
${view.canChangePassword ? renderForm(view, { action: 'change-password' }, inside) : html`<p class="detail">${account.configuredPassword}</p>`}
</section>`
}
