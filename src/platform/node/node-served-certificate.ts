import { isIP } from 'node:net'
import { connect } from 'node:tls'
import type { ServedAt, ServedCertificate } from '../certificates.ts'

/** Nothing secret is sent, so the certificate is looked at even if nobody vouches for it. */
export function lookAtServed({ host, port, longestWait }: ServedAt): Promise<ServedCertificate | undefined> {
  const { promise, resolve } = Promise.withResolvers<ServedCertificate | undefined>()
  // An address has no server name (RFC 6066 section 3).
  const name = isIP(host) === 0 ? { servername: host } : {}
  const socket = connect({ host, port, ...name, rejectUnauthorized: false })
  const end = (found: ServedCertificate | undefined) => {
    clearTimeout(timer)
    socket.destroy()
    resolve(found)
  }
  const timer = setTimeout(() => end(undefined), longestWait)
  socket.on('error', () => end(undefined))
  socket.on('close', () => end(undefined))
  socket.on('secureConnect', () => {
    const { valid_to, fingerprint256 } = socket.getPeerCertificate()
    const { authorized, authorizationError } = socket
    const complaint = authorized ? '' : String(authorizationError ?? 'it is not accepted')
    end({ notAfter: Date.parse(valid_to), isTrusted: authorized, complaint, fingerprint: fingerprint256 })
  })
  return promise
}
