import { base64url } from '../protocol/base64url.ts'
import { lost, untilWritten } from '../storage/compare-and-swap.ts'
import { findClientRevocations } from '../tokens/revocations.ts'
import { pushedRequests } from './interaction-row.ts'
import { type InteractionDeps, type InteractionPlace, interactionLife } from './interactions.ts'
import type { ParameterList } from './request-parameters.ts'

/** Seconds for which a request_uri waits for its browser (RFC 9126 section 2.2). */
export const pushedLife = 60

/** What every request_uri of this server begins with. */
const prefix = 'urn:ietf:params:oauth:request_uri:'

/** The request behind a request_uri. */
export interface PushedRequest {
  readonly clientId: string
  readonly parameters: ParameterList
  /** Whether the client pushed it. Otherwise a browser posted it to the authorization endpoint. */
  readonly pushed: boolean
}

/** Keeps a request, and returns its request_uri, which nobody can guess. Throws StorageError. */
export async function keepRequest(
  { clientId, parameters, pushed }: PushedRequest,
  { tenant, storage, now, randomBytes }: InteractionDeps & Pick<InteractionPlace, 'tenant'>,
): Promise<string> {
  const id = base64url(randomBytes(32))
  const pairs = parameters.map(([name, text]): [string, string] => [name, text])
  const value = { client_id: clientId, parameters: pairs, pushed, browser: null }
  const expiresAt = now() + pushedLife * 1000
  const isNew = await storage.of(tenant.id).of(pushedRequests).create({ id, value, expiresAt })
  if (!isNew) throw new TypeError('The random id of a request is taken')
  return `${prefix}${id}`
}

/** Whether a request_uri is of the form that {@link keepRequest} returns. */
export function isRequestUri(uri: string): boolean {
  return uri.startsWith(prefix)
}

/**
 * Takes the request for this browser, which is the first one that comes with it: exactly one browser gets it, and that one again for as
 * long as an interaction lives, so that it can be reloaded. Undefined for an unknown or expired request_uri, one of another client (an
 * earlier one of the same id too), and one that another browser took. Throws StorageError.
 */
export function takeRequest(
  { uri, clientId }: { readonly uri: string; readonly clientId: string },
  { tenant, browser }: InteractionPlace,
  { storage, now }: Pick<InteractionDeps, 'storage' | 'now'>,
): Promise<PushedRequest | undefined> {
  const rows = storage.of(tenant.id).of(pushedRequests)
  const id = uri.slice(prefix.length)
  return untilWritten(async () => {
    const row = await rows.find(id)
    if (!row || row.expiresAt === null || row.expiresAt <= now()) return undefined
    const { client_id, parameters, pushed, browser: taker } = row.value
    if (client_id !== clientId || (taker !== null && taker !== browser)) return undefined
    const request = { clientId, parameters, pushed }
    if (taker !== null) return request
    const keptAt = Math.floor(row.expiresAt / 1000) - pushedLife
    const revokedUpTo = await findClientRevocations(storage, tenant.id, [clientId])
    if (keptAt <= revokedUpTo(clientId)) return undefined
    const options = { ifVersion: row.version, expiresAt: now() + interactionLife }
    return (await rows.replace(id, { ...row.value, browser }, options)) ? request : lost
  })
}
