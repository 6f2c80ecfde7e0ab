import { OAuthError } from '../protocol/errors.ts'

/** Names and values of an authorization request, decoded, in the order in which they came. A name may occur more than once. */
export type ParameterList = readonly (readonly [name: string, value: string])[]

/** RFC 8707 section 2 allows this one more than once. */
const repeatable = 'resource'

/**
 * The parameters that are read, with the most characters that each can have. The others are ignored (RFC 6749 section 3.1). The limits are
 * far above what libraries send, and bound the rows and the URL of the answer.
 */
const longest: Readonly<Record<string, number>> = {
  response_type: 100,
  response_mode: 100,
  client_id: 256,
  redirect_uri: 2000,
  scope: 4000,
  state: 4000,
  nonce: 1000,
  code_challenge: 200,
  code_challenge_method: 100,
  prompt: 100,
  max_age: 20,
  ui_locales: 1000,
  acr_values: 1000,
  login_hint: 1000,
  id_token_hint: 8000,
  claims: 8000,
  [repeatable]: 2000,
  audience: 2000,
  // Refused wherever they occur.
  request: Number.POSITIVE_INFINITY,
  request_uri: Number.POSITIVE_INFINITY,
  registration: Number.POSITIVE_INFINITY,
}

/** Most resources of one request. */
const mostResources = 20

/** The parameters of an authorization request, which is not checked yet. */
export class RequestParameters {
  /** Those that are read. */
  readonly list: ParameterList

  constructor(list: ParameterList) {
    this.list = list.filter(([name]) => Object.hasOwn(longest, name))
  }

  /** The first value; undefined when it is absent or empty (RFC 6749 section 3.1). */
  get(name: string): string | undefined {
    return this.list.find(([known]) => known === name)?.[1] || undefined
  }

  getAll(name: string): readonly string[] {
    return this.list.flatMap(([known, value]) => (known === name && value !== '' ? [value] : []))
  }

  isRepeated(name: string): boolean {
    return this.list.filter(([known]) => known === name).length > 1
  }

  /** A parameter that occurs more than once and must not; undefined: none. */
  findRepeated(): string | undefined {
    return this.list.find(([name]) => name !== repeatable && this.isRepeated(name))?.[0]
  }

  /** The first value, like {@link get}; undefined also where {@link checkValues} would refuse it for its length. */
  getShort(name: string): string | undefined {
    const value = this.get(name)
    return value !== undefined && isTooLong(name, value) ? undefined : value
  }

  /** Throws `invalid_request` for a value that is longer than any library sends, and for one with a control character. */
  checkValues(): void {
    const long = this.list.find(([name, value]) => isTooLong(name, value))
    if (long) throw tooLong(...long)
    const strange = this.list.find(([, value]) => /\p{Cc}/u.test(value))
    if (strange) throw withControl(strange[0])
    if (this.getAll(repeatable).length > mostResources)
      throw new OAuthError('invalid_request', `There are more than ${mostResources} resources`)
  }
}

function tooLong(name: string, value: string): OAuthError {
  const saw = `${name} of ${value.length} characters`
  return new OAuthError('invalid_request', `A parameter is too long: ${name}`, {
    finding: { check: 'parameters', saw, wanted: `at most ${longest[name] ?? 0}` },
  })
}

function withControl(name: string): OAuthError {
  return new OAuthError('invalid_request', `A parameter has a control character: ${name}`, {
    finding: {
      check: 'parameters',
      saw: `a control character in ${name}`,
      wanted: 'none, such as a line feed',
    },
  })
}

function isTooLong(name: string, value: string): boolean {
  return value.length > (longest[name] ?? 0)
}
