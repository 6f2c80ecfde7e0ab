import type { Proof } from '../clients/authentication/proof.ts'
import type { Client } from '../clients/client.ts'
import { usePrecision } from '../storage/last-use.ts'

/** The time of the last noted use of a secret (ms since the epoch), by the client object and the id of the secret. */
const notedByClient = new WeakMap<Client, Map<string, number>>()

/**
 * Runs `note` unless a use of this secret was noted a short time ago. So most requests need not make the id of a row, because a client of
 * config.yaml stays the same object. `note` returns false if the use was not kept.
 */
export function noteRarely(
  { client, proof }: { client: Client; proof: Proof },
  at: number,
  note: () => boolean,
): void {
  const noted = notedByClient.get(client)
  const last = noted?.get(proof.id)
  if (last !== undefined && Math.abs(at - last) < usePrecision) return
  if (!note()) return
  if (noted) noted.set(proof.id, at)
  else notedByClient.set(client, new Map([[proof.id, at]]))
}
