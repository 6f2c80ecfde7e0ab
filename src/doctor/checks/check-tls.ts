import { findDoubts, type TlsFault, type TlsPair } from '../../config/rules/tls-files.ts'
import type { ServedCertificate } from '../../platform/certificates.ts'
import { fault, ok, unknown, type Verdict, warning } from '../finding.ts'

export interface TlsState {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** The files of server.tls; undefined: the server speaks no TLS. */
  readonly pair: TlsPair | TlsFault | undefined
  readonly certFile: string
  /** What public_url, or the URL in its place, shows; undefined: it is no https, or nothing there speaks TLS. */
  readonly served: ServedCertificate | undefined
  readonly url: string
  /** Whether the host is a name of this machine alone, for which no certificate is made. */
  readonly isLoopback: boolean
  /** Whether a server runs on this data_dir. */
  readonly isServing: boolean
}

const day = 86_400_000
/** Days before its end at which a certificate should have been renewed. */
const soon = 14

/** The certificate in the files, and the one that clients see. */
export function checkTls(state: TlsState): Verdict[] {
  const { pair, served, url } = state
  const ofFiles = pair ? checkFiles(pair, state) : []
  const ofServed = url.startsWith('https:') ? checkServed(served, state) : []
  const all = [...ofFiles, ...ofServed]
  if (all.length > 0) return all
  if (state.isLoopback) return [ok(`${url} is plain http on this machine: nothing to look at`)]
  return [
    warning(
      `${url} is plain http: secrets and tokens can be read on the way; put a proxy with TLS in front or set server.tls, and write https:// in server.public_url`,
    ),
  ]
}

function checkFiles(pair: TlsPair | TlsFault, state: TlsState): Verdict[] {
  const { certFile, now, url } = state
  if ('fault' in pair) return [fault(`server.tls.${pair.key} names a file which ${pair.fault}`)]
  const { facts } = pair
  const doubts = findDoubts(facts, { now, publicUrl: url })
  if (doubts.length > 0) return doubts.map((doubt) => fault(`the certificate of ${certFile} ${doubt}`))
  const verdicts = findExpiry(`the certificate of ${certFile}`, facts.notAfter, now)
  if (verdicts.length > 0) return verdicts
  const days = Math.floor((facts.notAfter - now) / day)
  return [ok(`${certFile} fits its key, is in order and ends in ${days} days`)]
}

function checkServed(served: ServedCertificate | undefined, state: TlsState): Verdict[] {
  const { url, now, pair } = state
  if (!served) {
    if (!state.isServing)
      return [unknown(`nothing begins TLS at ${url}, and no server runs on this data_dir`)]
    return [
      fault(
        `${url} begins no TLS within 10 seconds; is the proxy running there, and does the name lead to it?`,
      ),
    ]
  }
  const verdicts = findExpiry(`the certificate of ${url}`, served.notAfter, now)
  if (!served.isTrusted && served.notAfter > now)
    verdicts.push(
      fault(
        `the certificate of ${url} is not accepted here (${served.complaint}); send the whole chain, or name its authority in NODE_EXTRA_CA_CERTS`,
      ),
    )
  if (pair && 'facts' in pair && pair.facts.fingerprint !== served.fingerprint)
    verdicts.push(
      warning(
        `${url} shows another certificate than the one in ${state.certFile}; if no proxy is in front, look for "the new certificate cannot be used" in the log`,
      ),
    )
  if (verdicts.length > 0) return verdicts
  return [
    ok(
      `${url} shows a certificate that is accepted and ends in ${Math.floor((served.notAfter - now) / day)} days`,
    ),
  ]
}

function findExpiry(what: string, notAfter: number, now: number): Verdict[] {
  if (notAfter <= now) return [fault(`${what} expired on ${dayOf(notAfter)}: clients refuse it; renew it`)]
  if (notAfter - now > soon * day) return []
  return [
    warning(`${what} ends on ${dayOf(notAfter)}, wanted more than ${soon} days; look why it was not renewed`),
  ]
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}
