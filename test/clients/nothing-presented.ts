import type { PresentedClient } from '../../src/clients/authentication/authentication-methods.ts'

/** A request that says nothing of its client; a test adds what it presents. */
export const nothingPresented: PresentedClient = {
  basic: undefined,
  clientId: undefined,
  clientSecret: undefined,
  assertion: undefined,
  assertionType: undefined,
}
