import { Type } from '@sinclair/typebox'

const text = (description: string) => Type.Optional(Type.String({ description }))
const csrf = Type.String({ description: 'The hidden input of the form' })

/** The parameters of the logout endpoint (OpenID Connect RP-Initiated Logout 1.0 section 2). */
export const LogoutParameters = Type.Object(
  {
    id_token_hint: text('An ID token of the session; an expired one is good too'),
    logout_hint: text('Who is meant, which is ignored'),
    client_id: text('The client, where there is no `id_token_hint`'),
    post_logout_redirect_uri: text('Where the browser goes afterwards; compared as a text'),
    state: text('Comes back with `post_logout_redirect_uri`'),
    ui_locales: text('Languages of the page, the best first'),
  },
  { title: 'LogoutParameters' },
)

/** The forms of the account page. */
export const AccountForm = Type.Object(
  {
    action: Type.String({ enum: ['change-password', 'sign-out', 'sign-out-all', 'revoke-consent'] }),
    csrf,
    current_password: text('For `change-password`'),
    password: text('For `change-password`: the new one'),
    session: text('For `sign-out`: the sid'),
    client: text('For `revoke-consent`: the id of the client'),
  },
  { title: 'AccountForm' },
)

/** The form on which a person chooses a password. */
export const PasswordForm = Type.Object({ password: Type.String(), csrf }, { title: 'PasswordForm' })
