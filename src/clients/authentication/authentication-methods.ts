import { parseClientAssertion } from '../../keys/client-assertion.ts'
import { type AuthenticationMethodName, assertionType } from '../../protocol/client-authentication.ts'
import { AssertionCheck } from './assertion-check.ts'
import type { CheckDeps, CredentialCheck } from './credential-check.ts'
import { noProofCheck } from './no-proof-check.ts'
import { type ClientCredentials, SecretCheck } from './secret-check.ts'

/** The client authentication in a request, unverified. */
export interface PresentedClient {
  /** The credentials in the Authorization header; 'malformed' for a header that is not valid Basic, undefined without the header. */
  readonly basic: ClientCredentials | 'malformed' | undefined
  /** The client_id in the body. */
  readonly clientId: string | undefined
  readonly clientSecret: string | undefined
  readonly assertion: string | undefined
  readonly assertionType: string | undefined
}

/** Credentials of one method, and the check for them. */
export interface FoundCredentials {
  readonly clientId: string
  readonly openCheck: (deps: CheckDeps) => CredentialCheck
}

/** One way for a client to authenticate. */
export interface AuthenticationMethod {
  readonly name: AuthenticationMethodName
  /** Returns the credentials of this method; 'malformed' if they cannot be read, undefined if the request does not use this method. */
  readonly find: (presented: PresentedClient) => FoundCredentials | 'malformed' | undefined
}

/** The table of methods: metadata, config.yaml and the admin API have the same names (RFC 6749 section 2.3.1). */
export const authenticationMethods: readonly AuthenticationMethod[] = [
  { name: 'client_secret_basic', find: findBasicSecret },
  { name: 'client_secret_post', find: findPostedSecret },
  { name: 'private_key_jwt', find: findAssertion },
  { name: 'none', find: findNothing },
]

function findBasicSecret({ basic }: PresentedClient) {
  return typeof basic === 'object' ? withSecret(basic) : basic
}

function findPostedSecret({ clientId, clientSecret }: PresentedClient) {
  if (clientSecret === undefined) return undefined
  return clientId === undefined ? 'malformed' : withSecret({ clientId, clientSecret })
}

/** The client is the subject of the assertion (RFC 7521 section 4.2). AssertionCheck refuses a client_id that differs from it. */
function findAssertion({ assertion: text, assertionType: type, clientId: named }: PresentedClient) {
  if (text === undefined) return undefined
  const assertion = type === assertionType ? parseClientAssertion(text) : undefined
  const clientId = named ?? assertion?.claims['sub']
  if (!assertion || typeof clientId !== 'string') return 'malformed'
  return { clientId, openCheck: (deps: CheckDeps) => new AssertionCheck({ clientId, assertion }, deps) }
}

/** A public client names itself and proves nothing. */
function findNothing({ basic, clientId, clientSecret, assertion }: PresentedClient) {
  if (clientId === undefined || basic !== undefined) return undefined
  if (clientSecret !== undefined || assertion !== undefined) return undefined
  return { clientId, openCheck: () => noProofCheck }
}

function withSecret(credentials: ClientCredentials): FoundCredentials {
  return { clientId: credentials.clientId, openCheck: (deps) => new SecretCheck(credentials, deps) }
}
