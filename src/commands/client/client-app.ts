import { parseList } from '../../cli/options.ts'
import { shellWord } from '../../cli/shell-word.ts'
import { stylesFor } from '../../cli/style.ts'
import { type ParsedArguments, UsageError } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'
import { deviceCodeGrantType, type GrantType } from '../../protocol/grant-types.ts'
import { isWebUrl } from '../../protocol/url/web-url.ts'
import { type Tenant, tenantPath } from '../../tenants/tenant.ts'

/** A kind of app that signs people in. */
interface AppKind {
  readonly grantTypes: readonly GrantType[]
  /** It cannot keep a secret. */
  readonly isPublic: boolean
  /** People come back to it by a redirect URI. */
  readonly isSentBack: boolean
}

const kinds = {
  web: { grantTypes: ['authorization_code', 'refresh_token'], isPublic: false, isSentBack: true },
  browser: { grantTypes: ['authorization_code', 'refresh_token'], isPublic: true, isSentBack: true },
  native: { grantTypes: ['authorization_code', 'refresh_token'], isPublic: true, isSentBack: true },
  device: { grantTypes: [deviceCodeGrantType, 'refresh_token'], isPublic: true, isSentBack: false },
} as const satisfies Readonly<Record<string, AppKind>>

type AppName = keyof typeof kinds

export const appOptions = [
  {
    name: 'app',
    value: 'KIND',
    description: `it signs people in: ${Object.keys(kinds).join(', ')}; only web has a secret`,
  },
  {
    name: 'redirect-uri',
    value: 'A,B',
    description: 'where people go back to with a code; makes it a web app where --app is left out',
  },
  { name: 'logout-uri', value: 'A,B', description: 'where people may go to after they signed out' },
  {
    name: 'origin',
    value: 'A,B',
    description: 'whose scripts may ask for tokens; default for browser: those of its redirect URIs',
  },
  { name: 'consent', value: 'NAME', description: 'remember, always or skip; default remember' },
] as const

/** The settings of an app by the options; nothing where none of them says that it is one. Throws UsageError. */
export function readApp(args: ParsedArguments): Readonly<Record<string, unknown>> {
  const name = findKind(args)
  if (name === undefined) return {}
  const { grantTypes, isPublic, isSentBack }: AppKind = kinds[name]
  const redirectUris = parseList(args.text('redirect-uri')) ?? []
  if (isSentBack && redirectUris.length === 0)
    throw new UsageError(`client add wants --redirect-uri for --app ${name}`)
  const origins = parseList(args.text('origin')) ?? (name === 'browser' ? originsOf(redirectUris) : [])
  const consent = args.text('consent')
  return {
    grant_types: grantTypes,
    ...(isPublic && { token_endpoint_auth_method: 'none' }),
    redirect_uris: redirectUris,
    post_logout_redirect_uris: parseList(args.text('logout-uri')) ?? [],
    allowed_origins: origins,
    ...(consent !== undefined && { consent }),
  }
}

function findKind(args: ParsedArguments): AppName | undefined {
  const given = args.text('app') ?? (args.text('redirect-uri') === undefined ? undefined : 'web')
  if (given !== undefined) {
    if (isKind(given)) return given
    throw new UsageError(`The app is '${given}', wanted one of ${Object.keys(kinds).join(' ')}`)
  }
  const alone = appOptions.find(({ name }) => args.text(name) !== undefined)
  if (alone) throw new UsageError(`--${alone.name} wants --app beside it`)
  return undefined
}

function isKind(text: string): text is AppName {
  return Object.hasOwn(kinds, text)
}

function originsOf(redirectUris: readonly string[]): string[] {
  return [...new Set(redirectUris.filter(isWebUrl).map((uri) => new URL(uri).origin))]
}

/** What a person pastes into the library of the app. */
export interface AppPaste {
  readonly issuer: string
  readonly client_id: string
  readonly client_secret?: string
  readonly redirect_uris: readonly string[]
  readonly post_logout_redirect_uris: readonly string[]
  readonly scopes: readonly string[]
  readonly discovery: string
  /** A command that signs in as the app does. */
  readonly try?: string
}

export function describeApp(
  { id, secret, patch }: { id: string; secret: string | undefined; patch: Readonly<Record<string, unknown>> },
  tenant: Tenant,
  publicUrl: string,
): AppPaste {
  const asked = [patch['redirect_uris'], patch['scopes'], patch['post_logout_redirect_uris']].map((list) =>
    Array.isArray(list) ? list.map(String) : [],
  )
  const [redirect_uris = [], scopes = [], post_logout_redirect_uris = []] = asked
  return {
    issuer: tenant.issuer,
    client_id: id,
    ...(secret !== undefined && { client_secret: secret }),
    redirect_uris,
    post_logout_redirect_uris,
    scopes: ['openid', 'profile', 'email', ...scopes],
    discovery: `${publicUrl}${tenantPath(tenant.id)}/.well-known/openid-configuration`,
    ...(redirect_uris.length === 0 && {
      try: `grantd login --url ${publicUrl} --tenant ${tenant.id} --client ${shellWord(id)}`,
    }),
  }
}

/** What stands in place of a secret: somebody new looks for one. Only an app with a redirect URI has codes, and so PKCE. */
function noSecret(redirectUris: readonly string[]): string {
  return redirectUris.length === 0 ? 'none' : 'none, but PKCE with S256'
}

/** The lines for the terminal. */
export function renderApp(app: AppPaste, platform: Platform): string[] {
  const { bold } = stylesFor(platform)
  const {
    issuer,
    client_id,
    client_secret,
    redirect_uris,
    post_logout_redirect_uris: out,
    scopes,
    discovery,
  } = app
  const lines = [
    ['issuer', issuer],
    ['client id', client_id],
    [
      'client secret',
      client_secret === undefined ? noSecret(redirect_uris) : `${client_secret}  (shown this once)`,
    ],
    ...redirect_uris.map((uri) => ['redirect URI', uri]),
    ...out.map((uri) => ['sign-out URI', uri]),
    ['scopes', scopes.join(' ')],
    ['discovery', discovery],
    ...(app.try === undefined ? [] : [['try it', app.try]]),
  ]
  return [
    `${bold('To paste')} into its OpenID Connect library:`,
    ...lines.map(([name = '', value = '']) => `  ${name.padEnd(13)}  ${value}`),
  ]
}
