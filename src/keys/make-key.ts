import { signatureAlgorithms } from '../protocol/algorithms.ts'
import type { KeyMaker } from './key-host.ts'
import type { MadeKey } from './key-material.ts'
import { complaintOf, KeyError, type KeyPlan } from './key-plan.ts'
import { KeyMaterialError, parseSigningKey } from './signing-key.ts'

/**
 * Makes a key for the plan. A `kid` of null becomes the thumbprint. Throws {@link KeyError} when the signing engine does not take the
 * key.
 */
export async function makeKey(
  plan: KeyPlan,
  kid: string | null,
  { generateKeyPem, engine }: KeyMaker,
): Promise<MadeKey> {
  const { algorithm } = plan
  const pem = await generateKeyPem(signatureAlgorithms[algorithm], plan.modulusLength)
  try {
    return { pem, key: await parseSigningKey(pem, { algorithm, kid }, engine) }
  } catch (cause) {
    if (!(cause instanceof KeyMaterialError)) throw cause
    throw new KeyError(`${complaintOf(plan)}: the new one ${cause.message}`, { cause })
  }
}
