import { Type } from '@sinclair/typebox'

const text = Type.Optional(Type.String())
const texts = Type.Optional(Type.Array(Type.String()))
const flag = Type.Optional(Type.Boolean())

/** The members that metadata has only where people sign in. */
export const openidMetadata = {
  // OpenID Connect Discovery section 3
  userinfo_endpoint: text,
  response_modes_supported: texts,
  userinfo_signing_alg_values_supported: texts,
  claims_supported: texts,
  acr_values_supported: texts,
  claim_types_supported: texts,
  claims_parameter_supported: flag,
  request_parameter_supported: flag,
  request_uri_parameter_supported: Type.Optional(
    Type.Boolean({ description: 'false: only the request_uri of a pushed request is taken' }),
  ),
  require_request_uri_registration: flag,
  ui_locales_supported: texts,
  op_policy_uri: text,
  op_tos_uri: text,
  // Initiating User Registration section 3
  prompt_values_supported: texts,
  // RFC 7636 in RFC 8414 section 2
  code_challenge_methods_supported: texts,
  // RFC 9207 section 3
  authorization_response_iss_parameter_supported: flag,
  // RFC 9126 section 5
  pushed_authorization_request_endpoint: text,
  require_pushed_authorization_requests: flag,
  // RFC 8628 section 4
  device_authorization_endpoint: text,
  // RP-Initiated Logout section 2.1, Back-Channel Logout section 2.1
  end_session_endpoint: text,
  backchannel_logout_supported: flag,
  backchannel_logout_session_supported: flag,
}
