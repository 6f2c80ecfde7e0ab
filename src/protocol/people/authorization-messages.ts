import { Type } from '@sinclair/typebox'

const text = (description: string) => Type.Optional(Type.String({ description }))

/** The parameters of an authorization request, for the OpenAPI document (RFC 6749 section 4.1.1, OpenID Connect Core section 3.1.2.1). */
export const AuthorizationParameters = Type.Object(
  {
    response_type: Type.String({ enum: ['code'], description: 'code' }),
    client_id: Type.String({ description: 'The client that the person comes from' }),
    redirect_uri: Type.String({
      description:
        'Where the answer goes: a registered one, compared as text; the port of a loopback address is free',
    }),
    scope: text(
      'Scopes of the client, and openid, profile, email, address, phone, groups, offline_access. Default: those of the client',
    ),
    state: text('Comes back with the answer as it is'),
    code_challenge: text(
      'SHA-256 of the code_verifier in base64url (RFC 7636). Required, unless the client has require_pkce: false',
    ),
    code_challenge_method: text('S256'),
    nonce: text('Comes back in the ID token'),
    response_mode: text('query (default) or form_post'),
    prompt: text('none, or any of login, consent, select_account'),
    max_age: text('Seconds since the person signed in; an older login is asked for again'),
    login_hint: text('What the form to sign in is filled with'),
    id_token_hint: text('An ID token of the person that the request wants'),
    ui_locales: text('Languages of the pages, the best first'),
    claims: text('A JSON object of requested claims (OpenID Connect Core section 5.5)'),
    acr_values: text('A wish; a login with a password has the acr 1'),
    resource: text('The API that the access token is for (RFC 8707); it may be repeated'),
  },
  { title: 'AuthorizationParameters' },
)

/** The answer of the endpoint for pushed authorization requests (RFC 9126 section 2.2). */
export const PushedResponse = Type.Object(
  {
    request_uri: Type.String({
      description: 'Stands for the request, once, in the first browser that comes with it',
    }),
    expires_in: Type.Integer({ description: 'Seconds' }),
  },
  { title: 'PushedResponse' },
)

const csrf = Type.String({ description: 'The hidden input of the form' })

/** What the pages for people post, for the OpenAPI document. */
export const LoginForm = Type.Object(
  { username: Type.String(), password: Type.String(), csrf },
  { title: 'LoginForm' },
)

export const ConsentForm = Type.Object(
  { decision: Type.String({ enum: ['allow', 'deny'] }), csrf },
  { title: 'ConsentForm' },
)

export const SelectAccountForm = Type.Object(
  { account: Type.String({ enum: ['current', 'other'] }), csrf },
  { title: 'SelectAccountForm' },
)
