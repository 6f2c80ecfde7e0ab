/** Makes the attempts that standard input has as JSON, and writes their outcomes as JSON. */
import { readFileSync } from 'node:fs'
import { outcomeOf, type TlsAttempt } from './outcome.ts'

const attempts: TlsAttempt[] = JSON.parse(readFileSync(0, 'utf8'))
const outcomes: string[] = []
for (const attempt of attempts) outcomes.push(await outcomeOf(attempt))
console.log(JSON.stringify(outcomes))
