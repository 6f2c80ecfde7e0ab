import { findPlaceholder } from '../yaml/placeholders.ts'

type Check = readonly [pattern: RegExp, told: string]

/** Faults of a secret from any source: a client cannot send it, or it is clearly not meant as a secret. */
const textFaults: readonly Check[] = [
  [/^\s*$/u, 'is white space alone'],
  [/[\r\n]$/, 'ends with a line end; cut it off (printf %s writes none)'],
  [/\p{Cc}/u, 'has a control character in it, such as a line end or a tab; take it out'],
  [/\p{Cf}/u, 'has an invisible character in it, such as a byte order mark; take it out'],
  [/[\p{Cs}\ufffd]/u, 'has characters that are not UTF-8; write it anew'],
  [/^<[^<>]+>$/, 'is a placeholder between < and >; write the value itself'],
  [
    /^(?:undefined|null|None|nil|NaN|\[object Object\])$/,
    'is a word for nothing: what should have filled it in had no value',
  ],
  [
    /^(?:op:\/\/|ref\+\w+:\/\/|vault:|secretref:|arn:aws:|ENC\[|file:\/|env:)/,
    'names a place where a secret is kept, and grantd does not fetch it; give the value itself',
  ],
]

const hashForm = /^(?:sha256:[0-9a-f]{64}|\$(?:argon2(?:id|i|d)|2[abxy]|scrypt|pbkdf2(?:-\w+)?|[156y])\$.+)$/i

const hash: Check = [hashForm, 'is a hash, wanted the secret itself; a hash goes into secret_hash']
const passwordHash: Check = [
  hashForm,
  'is a hash, wanted the password itself; a hash goes into password_hash',
]

/** Returns why a text cannot be a password or a secret, or undefined. It never quotes the text. */
export function findTextFault(text: string): string | undefined {
  const placeholder = findPlaceholder(text)
  if (placeholder !== undefined)
    return `has ${placeholder} in it, which grantd does not fill in; give the value itself, or name a variable that has it`
  return firstOf(textFaults, text)
}

/** Like {@link findTextFault}, for the secret of a client. */
export function findSecretFault(text: string): string | undefined {
  return findTextFault(text) ?? firstOf([hash], text)
}

/** Like {@link findTextFault}, for the password of a person. */
export function findPasswordTextFault(text: string): string | undefined {
  return findTextFault(text) ?? firstOf([passwordHash], text)
}

/** Whether the hash is that of an empty text or of a line end, because the input of the hash command was missing. */
export function isHashOfNothing(text: string): boolean {
  return hashOfNothing.test(text)
}

const hashOfNothing =
  /^sha256:(?:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855|01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b)$/i

/** Doubts about a secret: it is probably a mistake. */
const doubts: readonly Check[] = [
  [/^\s|\s$/u, 'begins or ends with white space, which belongs to the secret'],
  [/^(["']).*\1$/, 'begins and ends with a quote, and both belong to the secret'],
  [/[^\x20-\x7e]/, 'has characters beyond ASCII, which clients send in several ways (RFC 6749 appendix A.2)'],
]

/** Returns a doubt about a valid secret, or undefined. It never quotes the text. */
export function findSecretDoubt(text: string): string | undefined {
  if (isKnownExample(text)) return 'is a known example, so anybody can use this client; make one of your own'
  return firstOf(doubts, text)
}

/** Secrets of examples, ours too, without the characters between the words. */
const knownExamples = new Set([
  ...[
    'yourclientsecret',
    'clientsecret',
    'yoursecret',
    'yoursecrethere',
    'mysecret',
    'secret',
    'supersecret',
    'examplesecret',
  ],
  ...[
    'changeme',
    'changethis',
    'changeit',
    'replaceme',
    'replacethis',
    'fixme',
    'todo',
    'tbd',
    'placeholder',
  ],
  ...['password', 'examplepassword', 'example', 'test', 'dummy', 'foobar'],
])

/** Whether the secret is publicly known. */
export function isKnownExample(text: string): boolean {
  const word = text.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  return knownExamples.has(word) || /^(?:x{3,}|\*+|\.+|-+|_+)$/i.test(text)
}

function firstOf(checks: readonly Check[], text: string): string | undefined {
  return checks.find(([pattern]) => pattern.test(text))?.[1]
}
