import { sentTwice } from '../../protocol/errors.ts'
import type { CheckedParameters } from './request-check.ts'

/** Throws `invalid_request` for a parameter that occurs twice (RFC 6749 section 3.1). */
export function checkRepeated({ parameters }: Pick<CheckedParameters, 'parameters'>): void {
  const name = parameters.findRepeated()
  if (name !== undefined) throw sentTwice(name)
}
