import type { DocumentDecoration } from 'elysia'
import {
  answer,
  managementErrors,
  plainSchema,
  refusal,
  security,
  serverError,
  tenantParameter,
  tooLarge,
  unavailable,
} from '../../http/openapi-parts.ts'
import { UserinfoRequest, UserinfoResponse } from '../../protocol/messages.ts'

const example = {
  sub: '3Zl2ykzpYvCRZ1VJbvr9kg',
  name: 'Ada Lovelace',
  email: 'ada@example.com',
  email_verified: true,
}

const found = answer(
  'The claims of the person now. A client with `userinfo_signed` gets them as a JWT, `application/jwt`.',
  UserinfoResponse,
  example,
)

const errors = {
  401: managementErrors[401],
  403: refusal('The token is good, and the person did not allow the scope openid', [
    'insufficient_scope',
    'The access token does not have the scope openid',
  ]),
  404: managementErrors[404],
  500: serverError,
  503: unavailable,
}

const shared = {
  tags: ['Tokens'],
  security: [{ [security.oauth2]: [] }, { [security.bearer]: [] }],
}

/** Userinfo on the Swagger page. */
export const userinfoDetail: DocumentDecoration = {
  ...shared,
  operationId: 'getUserinfo',
  summary: 'Ask who signed in',
  description: [
    'Answers the claims of the person whose access token it is (OpenID Connect Core section 5.3): those of the scopes `profile`, `email`,',
    '`address`, `phone` and `groups`, as far as the token has them, and those of the parameter `claims`. The token needs the scope `openid`,',
    'and its `aud` the issuer, as without `resource`.',
  ].join('\n'),
  parameters: [tenantParameter],
  responses: { 200: found, ...errors },
}

export const userinfoByPostDetail: DocumentDecoration = {
  ...userinfoDetail,
  operationId: 'postUserinfo',
  summary: 'Ask who signed in, with a form',
  description:
    'The same by POST. The token is in the Authorization header or in the form (RFC 6750 section 2.2), never in both.',
  requestBody: {
    required: false,
    content: { 'application/x-www-form-urlencoded': { schema: plainSchema(UserinfoRequest) } },
  },
  responses: {
    200: found,
    400: refusal('The token is in the header and in the form', [
      'invalid_request',
      'The access token was sent twice',
    ]),
    ...errors,
    413: tooLarge,
  },
}

export const profileDetail: DocumentDecoration = {
  ...shared,
  operationId: 'getProfile',
  summary: 'Ask who signed in, at any tenant',
  description: 'Userinfo of the tenant that issued the token.',
  responses: { 200: found, 401: errors[401], 403: errors[403], 500: serverError, 503: unavailable },
}
