/** grantd out of its source, with RSA keys that are made quickly: see few-primes.ts. For preparing what is measured, and nothing else. */
import { runCommand } from '../../src/commands/run.ts'
import { detectPlatform } from '../../src/platform/detect.ts'
import { createKeysOfFewPrimes } from './few-primes.ts'

const platform = await detectPlatform()
const makeRsaKey = createKeysOfFewPrimes()

process.exit(
  await runCommand({
    ...platform,
    generateKeyPem: async (kind, modulusLength) =>
      kind.kty === 'RSA' ? makeRsaKey() : platform.generateKeyPem(kind, modulusLength),
  }),
)
