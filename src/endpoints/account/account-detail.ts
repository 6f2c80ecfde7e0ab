import type { DocumentDecoration } from 'elysia'
import { formErrors, pageAnswer, pageErrors, sentOn, waitAnswer } from '../../http/browser/page-detail.ts'
import { formRequest, tenantParameter } from '../../http/openapi-parts.ts'
import { AccountForm, PasswordForm } from '../../protocol/people/account-messages.ts'

/** The pages of a person in the OpenAPI document. They are for browsers: what they answer is HTML. */
const page = { tags: ['Sign-in'], security: [], parameters: [tenantParameter] }

const link = {
  ...{ name: 'link', in: 'query' as const, required: true, schema: { type: 'string' as const } },
  description:
    'From the link that `grantd user add` prints or the admin API answers. It is good once, for a day',
}

const toLogin = 'To the page to sign in, if nobody is signed in'

export const accountDetail: DocumentDecoration = {
  ...page,
  operationId: 'showAccount',
  summary: 'The page of a person',
  description:
    'Shows where the person is signed in and which apps they allowed something, and changes the password.',
  responses: { 200: pageAnswer('The page'), 303: sentOn(toLogin), ...pageErrors },
}

export const accountPostDetail: DocumentDecoration = {
  ...page,
  operationId: 'changeAccount',
  summary: 'Change the password, sign out, or take back consent',
  description: 'The forms of the page, told apart by `action`.',
  ...formRequest(AccountForm, { action: 'revoke-consent', client: 'your-client-id', csrf: '...' }),
  responses: {
    303: sentOn('To the page, which says what was done; to the page that says that the person is signed out'),
    400: pageAnswer('An unknown action, or a new password that cannot be taken'),
    401: pageAnswer('The current password is wrong'),
    429: waitAnswer,
    ...formErrors,
  },
}

export const passwordDetail: DocumentDecoration = {
  ...page,
  operationId: 'showPassword',
  summary: 'The page on which a person chooses a password',
  description: 'Opening it does not use the link up.',
  parameters: [tenantParameter, link],
  responses: {
    200: pageAnswer('The form'),
    400: pageAnswer('The link is used, expired or unknown; which one is not told'),
    ...pageErrors,
  },
}

export const passwordPostDetail: DocumentDecoration = {
  ...page,
  operationId: 'choosePassword',
  summary: 'Choose a password',
  description:
    'A password that is refused does not use the link up. Everything that the person got before is over.',
  parameters: [tenantParameter, link],
  ...formRequest(PasswordForm, { password: 'correct horse battery staple', csrf: '...' }),
  responses: {
    200: pageAnswer('The password is set'),
    400: pageAnswer('The form again, with what is wrong with the password; or the link is over'),
    ...formErrors,
  },
}
