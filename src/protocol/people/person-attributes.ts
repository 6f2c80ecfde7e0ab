import { findClaimFaults, type StaticClaims } from '../static-claims.ts'

/** Facts of a person that have a setting of their own. */
const ownSettings = new Set(['email', 'email_verified', 'groups', 'name'])

export interface AttributeFault {
  /** Undefined: all of them together. */
  readonly name: string | undefined
  readonly message: string
}

/** The faults of the attributes of a person, which may become claims. */
export function findAttributeFaults(attributes: StaticClaims): AttributeFault[] {
  const own = Object.keys(attributes).filter((name) => ownSettings.has(name))
  return [
    ...own.map((name) => ({ name, message: 'is a setting beside attributes; write it there' })),
    ...findClaimFaults(attributes),
  ]
}
