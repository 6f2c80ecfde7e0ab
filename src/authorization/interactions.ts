import { base64url } from '../protocol/base64url.ts'
import type { Finding } from '../protocol/errors.ts'
import { momentText, spanText } from '../protocol/finding-words.ts'
import { lost, untilWritten } from '../storage/compare-and-swap.ts'
import type { Storage } from '../storage/storage.ts'
import type { Tenant } from '../tenants/tenant.ts'
import { interactions } from './interaction-row.ts'

type Row = (typeof interactions.schema)['static']

/** What a browser was sent here for. */
export type InteractionContent = Row['content']
type InteractionKind = InteractionContent['kind']
export type ContentOf<K extends InteractionKind> = Extract<InteractionContent, { kind: K }>
/** What the person did in this interaction. */
export type InteractionProgress = Row['progress']

/** A browser on its way through the pages. */
export interface Interaction<C extends InteractionContent = InteractionContent> {
  /** 22 characters of base64url. It is in URLs and is not secret: only the browser that began it can use it. */
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly content: C
  readonly progress: InteractionProgress
}

/** Milliseconds for which a person can go on. */
export const interactionLife = 10 * 60 * 1000

/** Milliseconds for which a person can begin again what was not finished in time; see {@link renewInteraction}. */
export const interactionKept = 60 * 60 * 1000

const idBytes = 16

export interface InteractionDeps {
  readonly storage: Storage
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly randomBytes: (count: number) => Uint8Array
}

/** The tenant and the browser of an interaction. `browser` is the SHA-256 of the secret of the browser's cookie, in hex. */
export interface InteractionPlace {
  readonly tenant: Pick<Tenant, 'id'>
  readonly browser: string
}

export interface NewInteraction<C extends InteractionContent> extends InteractionPlace {
  readonly content: C
  /** It cannot be begun again after its life, because too many begin now for keeping them. Default: false. */
  readonly isBrief?: boolean
}

/** Begins an interaction of this browser. It can be found for {@link interactionLife}. Throws StorageError. */
export async function startInteraction<C extends InteractionContent>(
  { tenant, browser, content, isBrief = false }: NewInteraction<C>,
  { storage, now, randomBytes }: InteractionDeps,
): Promise<Interaction<C>> {
  const id = base64url(randomBytes(idBytes))
  const createdAt = now()
  const progress = { signed_in: null, chosen: null, consented: null, denied: null }
  const value = { browser, created_at: createdAt, content, progress }
  const isNew = await storage
    .of(tenant.id)
    .of(interactions)
    .create({ id, value, expiresAt: createdAt + (isBrief ? interactionLife : interactionKept) })
  if (!isNew) throw new TypeError('The random id of an interaction is taken')
  return { id, createdAt, content, progress }
}

/**
 * The interaction of this browser. Undefined for an unknown id, an expired one and one of another browser: they look the same. Throws
 * StorageError.
 */
export async function findInteraction(
  id: string,
  place: InteractionPlace,
  deps: Pick<InteractionDeps, 'storage' | 'now'>,
): Promise<Interaction | undefined> {
  const found = await findKept(id, place, deps)
  return found && deps.now() < found.createdAt + interactionLife ? found : undefined
}

/**
 * Begins an interaction again that was not finished in time, with nothing done in it. Undefined where {@link findInteraction} has it
 * still, for an unknown id, for one of another browser, and after {@link interactionKept}. Throws StorageError.
 */
export async function renewInteraction(
  id: string,
  place: InteractionPlace,
  deps: InteractionDeps,
): Promise<Interaction | undefined> {
  const found = await findKept(id, place, deps)
  if (!found || deps.now() < found.createdAt + interactionLife) return undefined
  return startInteraction({ ...place, content: found.content }, deps)
}

/** Why {@link findInteraction} has not this interaction, for `grantd explain`. `place` is undefined for a browser without a cookie. */
export async function explainOver(
  id: string,
  { tenant, browser }: Pick<InteractionPlace, 'tenant'> & { readonly browser: string | undefined },
  { storage, now }: Pick<InteractionDeps, 'storage' | 'now'>,
): Promise<Finding> {
  const wanted = `a page that was opened by this browser, and less than ${spanText(interactionLife)} ago`
  const about = { check: 'interaction', wanted }
  if (browser === undefined)
    return { ...about, saw: 'a browser without our cookie: it keeps none, or came from another host name' }
  const row = await storage.of(tenant.id).of(interactions).find(id)
  if (!row) return { ...about, saw: 'an interaction that is unknown, or began over an hour ago' }
  if (row.value.browser !== browser) return { ...about, saw: 'an interaction that began in another browser' }
  return { ...about, saw: `an interaction that began at ${momentText(row.value.created_at, now())}` }
}

/** Whether {@link renewInteraction} would begin it again. Throws StorageError. */
export async function isRenewable(
  id: string,
  place: InteractionPlace,
  deps: Pick<InteractionDeps, 'storage' | 'now'>,
): Promise<boolean> {
  return (await findKept(id, place, deps)) !== undefined
}

async function findKept(
  id: string,
  { tenant, browser }: InteractionPlace,
  { storage, now }: Pick<InteractionDeps, 'storage' | 'now'>,
): Promise<Interaction | undefined> {
  const row = await storage.of(tenant.id).of(interactions).find(id)
  if (!row || row.value.browser !== browser) return undefined
  const { created_at: createdAt, content, progress } = row.value
  return now() < createdAt + interactionKept ? { id, createdAt, content, progress } : undefined
}

/** Whether the interaction is of this kind. */
export function isOfKind<K extends InteractionKind>(
  interaction: Interaction,
  kind: K,
): interaction is Interaction<ContentOf<K>> {
  return interaction.content.kind === kind
}

/**
 * Notes what the person did, beside what is noted already. Returns the interaction as it is now, or undefined if it is gone. Throws
 * StorageError.
 */
export async function updateInteraction<C extends InteractionContent>(
  { id, createdAt, content }: Interaction<C>,
  changes: Partial<InteractionProgress>,
  { tenant, storage }: Pick<InteractionDeps, 'storage'> & { readonly tenant: Pick<Tenant, 'id'> },
): Promise<Interaction<C> | undefined> {
  const rows = storage.of(tenant.id).of(interactions)
  return untilWritten(async () => {
    const row = await rows.find(id)
    if (!row) return undefined
    const progress = { ...row.value.progress, ...changes }
    const isWritten = await rows.replace(id, { ...row.value, progress }, { ifVersion: row.version })
    return isWritten ? { id, createdAt, content, progress } : lost
  })
}
