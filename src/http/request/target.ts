import { OAuthError } from '../../protocol/errors.ts'

/** A client that has no name for the server sends an empty Host (RFC 9112 section 3.2). */
const saneHost = /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/

/**
 * Returns the fault of the target of a request as `invalid_request`, or undefined (RFC 9112 section 3.2). The server joins Host and path
 * into one URL, so a Host with a slash in it could choose the path. A fragment, an invalid URL and one
 * that is too long are faults too.
 */
export function findTargetFault({ url, headers }: Request, longest: number): OAuthError | undefined {
  if (url.length > longest) return tooLong(url.length, longest)
  const host = headers.get('host')
  if ((!host || saneHost.test(host)) && !url.includes('#') && URL.canParse(url)) return undefined
  return new OAuthError('invalid_request', 'The request target or the Host header is malformed')
}

function tooLong(length: number, longest: number): OAuthError {
  return new OAuthError('invalid_request', 'The URL is too long', {
    status: 414,
    finding: {
      check: 'limit of the URL',
      saw: `${length} characters`,
      wanted: `at most ${longest} (server.connections.url_bytes)`,
    },
  })
}
