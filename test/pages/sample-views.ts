import type { Html } from '../../src/http/answer/html.ts'
import { renderAccountPage } from '../../src/pages/account-page.ts'
import { renderConsentPage } from '../../src/pages/consent-page.ts'
import { renderDeviceConfirmPage } from '../../src/pages/device-confirm-page.ts'
import { renderDeviceDonePage } from '../../src/pages/device-done-page.ts'
import { renderDevicePage } from '../../src/pages/device-page.ts'
import { type ErrorView, renderErrorPage } from '../../src/pages/error-page.ts'
import { renderFormPostPage } from '../../src/pages/form-post-page.ts'
import type { PageFrame, PersonView, ScopeView } from '../../src/pages/frame/page-frame.ts'
import { renderNoticePage } from '../../src/pages/notice-page.ts'
import { renderPasswordPage } from '../../src/pages/password-page.ts'
import { renderSelectAccountPage } from '../../src/pages/select-account-page.ts'
import { renderSignInPage } from '../../src/pages/sign-in-page.ts'
import { renderSignOutPage } from '../../src/pages/sign-out-page.ts'
import { renderSignedOutPage } from '../../src/pages/signed-out-page.ts'

/** The data of a page: what a tenant, a client and a person bring. */
export interface SampleData {
  readonly frame: PageFrame
  readonly clientName: string
  readonly person: PersonView
  readonly scopes: readonly ScopeView[]
  readonly userAgents: readonly (string | null)[]
  /** A value of a form, such as a CSRF token, a state or a code. */
  readonly value: string
  readonly host: string
}

const userAgents = [
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0',
  null,
]

export const typicalFrame: PageFrame = {
  tenantName: 'Acme',
  title: null,
  logoUrl: null,
  accent: null,
  termsUrl: 'https://acme.example/terms',
  privacyUrl: 'https://acme.example/privacy',
  helpUrl: 'https://acme.example/help',
  locale: 'en',
  stylesheetUrl: '/style.css',
  requestId: 'q3rWmX0b2TQd1kFhZ8nL5g',
}

export const typical: SampleData = {
  frame: typicalFrame,
  clientName: 'Acme Travel',
  person: { name: 'Ada Lovelace', username: 'ada@example.com' },
  scopes: [
    { name: 'openid', description: null },
    { name: 'profile', description: null },
    { name: 'email', description: null },
    { name: 'trips:read', description: 'See your trips' },
    { name: 'offline_access', description: null },
  ],
  userAgents,
  value: 'dGhpcyBpcyBub3QgYSBzZWNyZXQ',
  host: 'travel.acme.example',
}

const word = 'Donaudampfschifffahrtsgesellschaftskapitänswitwenrente'

export const long: SampleData = {
  ...typical,
  frame: {
    ...typicalFrame,
    tenantName: `Vereinigte ${word} und Söhne, Gesellschaft mit beschränkter Haftung`,
  },
  clientName: `${word} – The official application for everybody who works here`,
  person: {
    name: `Ada Augusta ${word} Lovelace, Countess`,
    username: `${'ada.'.repeat(30)}lovelace@${'long.'.repeat(8)}example.com`,
  },
  scopes: [
    ...typical.scopes,
    ...['address', 'phone', 'groups'].map((name) => ({ name, description: null })),
    {
      name: 'reports:write',
      description: `Write reports of the ${word}, and read those of every other person of the same department`,
    },
    { name: `https://api.example.com/${'very/'.repeat(20)}long`, description: null },
  ],
  host: `${'sub.'.repeat(20)}example.com`,
}

/** Texts that try to leave their place in the page. */
export const attacks = [
  `"><script>alert(1)</script><img src=x onerror=alert(1)>'&lt;`,
  `' onmouseover='alert(1)' x='</title></style><svg onload=alert(1)>`,
  '\u202eesrever \u0000 {{7*7}} &amp; <!-- ]]> -->',
]

export function hostile(attack: string): SampleData {
  return {
    frame: { ...typicalFrame, tenantName: attack, title: attack, requestId: attack },
    clientName: attack,
    person: { name: attack, username: attack },
    scopes: [
      { name: 'openid', description: null },
      { name: attack, description: null },
      { name: 'x:read', description: attack },
    ],
    userAgents: [attack, null],
    value: attack,
    host: attack,
  }
}

const minute = 60_000
export const now = 1_893_456_000_000

/** Every page in every state, by name. */
export function renderSamples(data: SampleData): ReadonlyMap<string, Html> {
  const { frame, clientName, person, scopes, value, host } = data
  const form = { frame, action: '/api/v1/tenant/acme/login?interaction=1', csrf: value }
  const signIn = { ...form, username: '', clientName, isAgain: false, problem: null }
  const consent = {
    ...form,
    clientName,
    person,
    scopes,
    switchUrl: '/login',
    returnHost: host,
    isDevice: false,
  }
  const password = { ...form, username: person.username, minLength: 12, problem: null }
  const device = { ...form, userCode: '', problem: null }
  return new Map([
    ['sign-in', renderSignInPage(signIn)],
    ['sign-in-known', renderSignInPage({ ...signIn, username: person.username, isAgain: true })],
    ['sign-in-wrong', renderSignInPage({ ...signIn, username: person.username, problem: { kind: 'wrong' } })],
    [
      'sign-in-wait',
      renderSignInPage({ ...signIn, username: person.username, problem: { kind: 'wait', seconds: 45 } }),
    ],
    [
      'sign-in-plain',
      renderSignInPage({
        ...signIn,
        clientName: null,
        frame: { ...frame, termsUrl: null, privacyUrl: null, helpUrl: null },
      }),
    ],
    ['consent', renderConsentPage(consent)],
    ['consent-device', renderConsentPage({ ...consent, isDevice: true, returnHost: null })],
    [
      'consent-least',
      renderConsentPage({
        ...consent,
        scopes: scopes.slice(0, 1),
        switchUrl: null,
        person: { ...person, name: null },
      }),
    ],
    ['select-account', renderSelectAccountPage({ ...form, clientName, person })],
    ['password', renderPasswordPage(password)],
    ['password-short', renderPasswordPage({ ...password, problem: { kind: 'short' } })],
    ['sign-out', renderSignOutPage({ ...form, person, clientName })],
    [
      'signed-out',
      renderSignedOutPage({ frame, hasStayed: false, continueUrl: '/api/v1/tenant/acme/account' }),
    ],
    ['stayed', renderSignedOutPage({ frame, hasStayed: true, continueUrl: null })],
    ['device', renderDevicePage(device)],
    [
      'device-unknown',
      renderDevicePage({
        ...device,
        frame: { ...frame, tenantName: null, title: null, logoUrl: null },
        userCode: value,
        problem: { kind: 'unknown' },
      }),
    ],
    [
      'device-confirm',
      renderDeviceConfirmPage({
        ...form,
        userCode: value === typical.value ? 'WDJB-MJHT' : value,
      }),
    ],
    ['device-allowed', renderDeviceDonePage({ frame, outcome: 'allowed' })],
    ['device-denied', renderDeviceDonePage({ frame, outcome: 'denied' })],
    ['link-over', renderNoticePage({ frame, kind: 'link-over', continueUrl: null })],
    [
      'password-set',
      renderNoticePage({ frame, kind: 'password-set', continueUrl: '/api/v1/tenant/acme/account' }),
    ],
    ['interaction-over', renderNoticePage({ frame, kind: 'interaction-over', continueUrl: null })],
    [
      'form-post',
      renderFormPostPage({
        frame,
        action: 'https://app.example.com/callback',
        fields: { code: value, state: value },
        clientName,
      }),
    ],
    ...renderErrors(data),
    ...renderAccounts(data),
  ])
}

function renderErrors({ frame, value }: SampleData): [string, Html][] {
  const description = value === typical.value ? 'The redirect_uri is not one of this client' : value
  const errors: readonly (readonly [string, Omit<ErrorView, 'frame'>])[] = [
    ['error-request', { code: 'invalid_request', status: 400, description, retryAfterSeconds: undefined }],
    ['error-csrf', { code: 'invalid_request', status: 403, description, retryAfterSeconds: undefined }],
    ['error-not-found', { code: 'not_found', status: 404, description, retryAfterSeconds: undefined }],
    ['error-wait', { code: 'temporarily_unavailable', status: 429, description, retryAfterSeconds: 90 }],
    [
      'error-unavailable',
      { code: 'temporarily_unavailable', status: 503, description, retryAfterSeconds: 5 },
    ],
    ['error-server', { code: 'server_error', status: 500, description, retryAfterSeconds: undefined }],
  ]
  return errors.map(([name, error]) => [name, renderErrorPage({ frame, ...error })])
}

function renderAccounts({
  frame,
  clientName,
  person,
  scopes,
  userAgents,
  value,
}: SampleData): [string, Html][] {
  const sessions = userAgents.map((userAgent, index) => ({
    sid: value,
    isCurrent: index === 0,
    userAgent,
    createdAt: now - (index * 26 * 60 + 200) * minute,
    lastSeenAt: now - index * 95 * minute,
  }))
  const account = {
    ...{ frame, action: '/api/v1/tenant/acme/account', csrf: value, person, minLength: 12, now, sessions },
    apps: [
      { clientId: value, name: clientName, scopes, givenAt: now - 40 * 24 * 60 * minute },
      { clientId: 'notes', name: 'Notes', scopes: scopes.slice(0, 2), givenAt: now - 3 * 24 * 60 * minute },
    ],
    ...{ canChangePassword: true, problem: null, done: null },
  }
  return [
    ['account', renderAccountPage(account)],
    [
      'account-changed',
      renderAccountPage({ ...account, done: 'password-changed', apps: [], sessions: sessions.slice(0, 1) }),
    ],
    ['account-wrong', renderAccountPage({ ...account, problem: { kind: 'wrong' } })],
    [
      'account-configured',
      renderAccountPage({
        ...account,
        canChangePassword: false,
        apps: [],
        person: { ...person, name: null },
      }),
    ],
  ]
}
