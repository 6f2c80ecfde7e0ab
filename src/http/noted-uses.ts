import type { Proof } from '../clients/authentication/proof.ts'
import type { Client } from '../clients/client.ts'
import { usePrecision } from '../storage/last-use.ts'

/** When a use of a secret was noted last (ms since the epoch), by the client object and the id of the secret. */
const notedByClient = new WeakMap<Client, Map<string, number>>()

/**
 * Runs `note` unless a use of this secret was noted lately. It spares most requests the making of the id of a row: a client of config.yaml
 * is one object for long. `note` returns false where the use was not kept.
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
