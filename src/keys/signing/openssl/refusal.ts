import { OpensslError } from '../../../platform/openssl/openssl-port.ts'

/** See SigningEngine.findRefusal. */
export function findRefusal(cause: unknown): string | undefined {
  if (!(cause instanceof OpensslError)) return undefined
  return `is a key that OpenSSL does not sign with: ${cause.message}; choose another signing.algorithm, or server.signing_engine: auto`
}
