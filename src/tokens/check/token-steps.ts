import type { Finding } from '../../protocol/errors.ts'

/** The steps of check-standing.ts, each of which can be looked at by itself. */
export const standingSteps = [
  'client',
  'API key',
  'family',
  'person',
  'session',
  'revocation',
  'audience',
] as const

/** The steps of a token check, in their order, as `grantd explain` names them. */
export const tokenSteps = [
  'form of the token',
  'issuer',
  'typ',
  'key',
  'signature',
  'times',
  'claims',
  ...standingSteps,
  'scopes',
] as const

export type TokenStep = (typeof tokenSteps)[number]

/** A finding of a step. */
export interface StepFinding extends Finding {
  readonly check: TokenStep
}
