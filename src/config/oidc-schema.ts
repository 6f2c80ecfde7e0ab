import { type Static, Type } from '@sinclair/typebox'
import { locales } from '../protocol/people/locales.ts'
import { Choice, Duration, FileOrNull, longestTokenLife, MapOf, OrNull } from './schema-kinds.ts'

const Link = (description: string) => OrNull(Type.String({ format: 'web-url', description }))

/** How the pages look on which people sign in. */
const SignIn = Type.Object(
  {
    title: OrNull(
      Type.String({ minLength: 1, description: 'Title of the pages; default: the name of the tenant' }),
    ),
    logo_file: FileOrNull('PNG, JPEG, WebP or SVG of at most 64 KB, shown above the form'),
    accent: OrNull(
      Type.String({ format: 'color', description: 'Color of buttons and links, such as #0b57d0' }),
    ),
    terms_url: Link('Link to the terms of use'),
    privacy_url: Link('Link to the privacy policy'),
    help_url: Link('Link to help, for a person who cannot sign in'),
    default_locale: Choice(locales, {
      default: 'en',
      description: 'Language of the pages where the browser wants none that there is',
    }),
  },
  { default: {}, description: 'The pages on which people sign in' },
)

const PasswordRules = Type.Object(
  {
    min_length: Type.Integer({
      minimum: 8,
      maximum: 128,
      default: 12,
      description: 'Characters that a new password must have',
    }),
  },
  { default: {}, description: 'Rules for new passwords of people' },
)

export const OidcConfig = Type.Object(
  {
    id_token_ttl: Duration({
      minimum: 1,
      maximum: longestTokenLife,
      default: 3600,
      description: 'Lifetime of an ID token',
    }),
    session_ttl: Duration({
      minimum: 1,
      maximum: longestTokenLife,
      default: 43_200,
      description: 'A person signs in again after so long',
    }),
    session_idle: Duration({
      minimum: 1,
      maximum: longestTokenLife,
      default: 7200,
      description: 'A session ends after so long without use',
    }),
    claims: MapOf('scope', Type.Array(Type.String({ format: 'claim' })), {
      default: {},
      description:
        'Claims that a scope brings into ID token and userinfo, besides the standard ones; their values are attributes of the person',
    }),
    claims_in_id_token: Type.Boolean({
      default: true,
      description:
        'false: the claims of scopes are in userinfo alone, and the ID token has only those that the parameter claims names for it',
    }),
    sign_in: SignIn,
    password: PasswordRules,
    access_token_claims: Type.Array(Type.String({ format: 'claim' }), {
      default: [],
      description:
        'Claims in the access tokens of people: any of auth_time, acr, amr, groups, sid, and names of attributes',
    }),
    backchannel_logout_private_addresses: Type.Boolean({
      default: false,
      description: 'true: back-channel logout also calls private and loopback addresses',
    }),
  },
  { description: 'Present: the tenant is an OpenID Provider, and people sign in' },
)
export type OidcConfig = Static<typeof OidcConfig>

/** The OpenID Connect settings of a stored tenant. It has no files of the server. */
export const OidcSettings = Type.Object(
  { ...OidcConfig.properties, sign_in: Type.Omit(SignIn, ['logo_file']) },
  { description: String(OidcConfig.description) },
)
export type OidcSettings = Static<typeof OidcSettings>
