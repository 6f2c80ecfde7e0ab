import type { DocumentDecoration } from 'elysia'
import { formErrors, pageAnswer, pageErrors, sentOn, waitAnswer } from '../../http/browser/page-detail.ts'
import { formRequest, shared, tenantParameter } from '../../http/openapi-parts.ts'
import { ConsentForm, LoginForm, SelectAccountForm } from '../../protocol/people/authorization-messages.ts'

/** The pages of an interaction in the OpenAPI document. They are for browsers: what they answer is HTML. */

const interaction = {
  name: 'interaction',
  in: 'query',
  required: true,
  description:
    'The id of the interaction, from the redirect that led here. Only the browser that began it can use it',
  schema: { type: 'string' },
} as const

const over = shared('InteractionOverPage', pageAnswer('The interaction is over or of another browser'))
const goesOn = sentOn('To the next page, or back to the client')

const ofInteraction = {
  tags: ['Sign-in'],
  security: [],
  parameters: [tenantParameter, interaction],
}

const login = { ...ofInteraction, parameters: [tenantParameter, { ...interaction, required: false }] }

export const loginDetail: DocumentDecoration = {
  ...login,
  operationId: 'showLogin',
  summary: 'The page to sign in',
  description:
    'Shows the form, or goes on where nobody has to sign in. Without an interaction it leads to the account page.',
  responses: { 200: pageAnswer('The form'), 303: goesOn, 400: over, ...pageErrors },
}

export const loginPostDetail: DocumentDecoration = {
  ...login,
  operationId: 'signIn',
  summary: 'Sign in with a password',
  description:
    'The person is known by an e-mail address, or by the key in config.yaml. Begins a new session.',
  ...formRequest(LoginForm, {
    username: 'ada@example.com',
    password: 'correct horse battery staple',
    csrf: '...',
  }),
  responses: {
    303: goesOn,
    400: over,
    401: pageAnswer('The form again: unknown, inactive, or a wrong password; which one is not told'),
    429: waitAnswer,
    ...formErrors,
  },
}

export const consentDetail: DocumentDecoration = {
  ...ofInteraction,
  operationId: 'showConsent',
  summary: 'The page that asks for consent',
  description: 'Asks whether the client may have what it asks for, or goes on where nothing is to be asked.',
  responses: { 200: pageAnswer('The question'), 303: goesOn, 400: over, ...pageErrors },
}

export const consentPostDetail: DocumentDecoration = {
  ...ofInteraction,
  operationId: 'decideConsent',
  summary: 'Allow or deny',
  description: 'Takes the decision of the person, and sends the browser back to the client.',
  ...formRequest(ConsentForm, { decision: 'allow', csrf: '...' }),
  responses: { 303: goesOn, 400: over, ...formErrors },
}

export const selectAccountDetail: DocumentDecoration = {
  ...ofInteraction,
  operationId: 'showSelectAccount',
  summary: 'The page to choose an account',
  description: 'Asks whether to go on as the person who is signed in (`prompt=select_account`).',
  responses: { 200: pageAnswer('The choice'), 303: goesOn, 400: over, ...pageErrors },
}

export const selectAccountPostDetail: DocumentDecoration = {
  ...ofInteraction,
  operationId: 'selectAccount',
  summary: 'Choose an account',
  description: 'Goes on as the person who is signed in (`current`), or to the form to sign in (`other`).',
  ...formRequest(SelectAccountForm, { account: 'current', csrf: '...' }),
  responses: { 303: goesOn, 400: over, ...formErrors },
}
