import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'

/** What became of one thing that a client was to do, the best first. */
export const results = ['works', 'setting', 'fails'] as const

/** One line that a program prints. */
export const Claim = Type.Object({
  client: Type.String({ minLength: 1 }),
  version: Type.String({ minLength: 1 }),
  does: Type.String({ minLength: 1 }),
  result: Type.Union([Type.Literal('works'), Type.Literal('setting'), Type.Literal('fails')]),
  /** What has to be set, where it does not work without. */
  setting: Type.String(),
  /** What the client says where it does not work, or not without the setting. */
  why: Type.String(),
})
export type Claim = Static<typeof Claim>

/** The claims among the lines that a program printed; whatever is none is for people. */
export function parseClaims(output: string): { claims: Claim[]; others: string[] } {
  const claims: Claim[] = []
  const others: string[] = []
  for (const line of output.split('\n').filter(Boolean)) {
    const value = line.startsWith('{') ? parseJson(line) : undefined
    if (Value.Check(Claim, value)) claims.push(value)
    else others.push(line)
  }
  return { claims, others }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const nameOf = ({ client, does }: Claim) => `${client}: ${does}`
const rankOf = ({ result }: Claim) => results.indexOf(result)

/** What was committed and does not hold any more, in words; empty when all is as it was, or better. */
export function findWorse(committed: readonly Claim[], claims: readonly Claim[]): string[] {
  const now = new Map(claims.map((claim) => [nameOf(claim), claim]))
  return committed.flatMap((was) => {
    const is = now.get(nameOf(was))
    if (!is) return [`${nameOf(was)}: was '${was.result}' and was not run`]
    if (rankOf(is) <= rankOf(was)) return []
    return [`${nameOf(was)}: was '${was.result}' and is '${is.result}': ${is.why}`]
  })
}

/** What the table does not say yet: new claims, and those that are better now. */
export function findBetter(committed: readonly Claim[], claims: readonly Claim[]): string[] {
  const was = new Map(committed.map((claim) => [nameOf(claim), claim]))
  return claims.flatMap((claim) => {
    const before = was.get(nameOf(claim))
    if (before && rankOf(claim) >= rankOf(before)) return []
    return [`${nameOf(claim)}: is '${claim.result}' and was '${before?.result ?? 'not there'}'`]
  })
}

/** One line without what changes from run to run. */
export function explainError(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text
    .replaceAll(/(?:localhost|127\.0\.0\.1):\d+/g, 'localhost')
    .replaceAll(/\s+/g, ' ')
    .slice(0, 200)
}
