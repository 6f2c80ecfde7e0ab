import { UnavailableError } from '../../protocol/errors.ts'
import { findPasswordFault, type PasswordFault } from '../../protocol/password/password.ts'
import { normalEmail } from '../../protocol/people/username.ts'
import { lost, untilWritten } from '../../storage/compare-and-swap.ts'
import type { Storage } from '../../storage/storage.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import { cutOff, findCutoff } from '../../users/cutoffs.ts'
import { findByLink, type LinkDeps } from '../../users/password-links.ts'
import type { SignIns } from '../../users/sign-in.ts'
import { getStoredPerson } from '../../users/stored-people.ts'
import type { UserRow } from '../../users/stored-person.ts'
import { users } from '../../users/user-row.ts'
import type { Actor } from '../actor.ts'
import { endSessionsAfter } from './end-sessions-after.ts'
import { ownerOfPeople, type PersonChange, type PersonChangeDeps, recordPerson } from './person-change.ts'

export interface SetPasswordDeps extends PersonChangeDeps, LinkDeps {
  readonly signIns: Pick<SignIns, 'passwords' | 'limits'>
}

export type SetPasswordOutcome = { readonly sub: string } | { readonly failure: PasswordFault | 'link_over' }

/** Characters that a new password must have, where the tenant does not say. */
const usualLength = 12

/**
 * Sets the password of the person whose link it is, and uses the link up in the same write. A password that is refused leaves the link as
 * it is. Everything that the person got before is over. Nobody knows how the link travelled, so the e-mail address is not verified by it.
 * Throws `temporarily_unavailable` when too many passwords wait, and StorageError.
 */
export async function setPasswordByLink(
  {
    link,
    password,
    actor,
  }: { readonly link: string; readonly password: string; readonly actor: Omit<Actor, 'name'> },
  tenant: Tenant,
  deps: SetPasswordDeps,
): Promise<SetPasswordOutcome> {
  const findRow = (storage: Storage) => findByLink(tenant.id, link, { ...deps, storage })
  const found = await findRow(deps.storage)
  if (!found) return { failure: 'link_over' }
  const options = { password, actor: { ...actor, name: found.id }, reason: 'link' } as const
  return setPassword(findRow, options, { tenant, deps })
}

export interface PasswordChange extends PersonChange {
  readonly password: string
  /** When the session began in which the person asks for it (ms). */
  readonly since: number
}

/**
 * Sets the password of a person who is signed in and has proved the current password just now. Everything that the person got before is
 * over, the session too: start a new one afterwards. If something has ended the session meanwhile, such as a password that was chosen on a
 * link, this changes nothing (`link_over`). Throws `conflict` for a person of config.yaml, `not_found`, `temporarily_unavailable` when too
 * many passwords wait, and StorageError.
 */
export async function changePassword(
  { sub, password, since, actor }: PasswordChange,
  tenant: Tenant,
  deps: SetPasswordDeps,
): Promise<SetPasswordOutcome> {
  const owner = ownerOfPeople(tenant, deps)
  const findRow = async (storage: Storage) => {
    const row = await getStoredPerson(sub, owner, storage)
    return since > (await findCutoff(storage, tenant.id, { sub })) ? row : undefined
  }
  await findRow(deps.storage)
  return setPassword(findRow, { password, actor, reason: 'account' }, { tenant, deps })
}

/** Finds the row again in each transaction, because another process may have changed it. Undefined: it may not be changed any more. */
type FindRow = (storage: Storage) => Promise<UserRow | undefined>

interface NewPassword {
  readonly password: string
  readonly actor: Actor
  /** How it came, for the audit trail. */
  readonly reason: 'link' | 'account'
}

async function setPassword(
  findRow: FindRow,
  { password, actor, reason }: NewPassword,
  { tenant, deps }: { readonly tenant: Tenant; readonly deps: SetPasswordDeps },
): Promise<SetPasswordOutcome> {
  const fault = findPasswordFault(password, tenant.oidc?.password ?? { min_length: usualLength })
  if (fault !== undefined) return { failure: fault }
  const { passwords } = deps.signIns
  const place = { isKnown: true, path: [tenant.id, '', actor.name] }
  const row = await passwords.inTurn(
    async () => {
      // Another attempt may have used the link up, and then no hash is worth its time.
      if (!(await findRow(deps.storage))) return undefined
      return writePassword(findRow, await passwords.hash(password), { tenant, deps })
    },
    () => place,
  )
  if (!row) return { failure: 'link_over' }
  recordPerson(
    'user.password_changed',
    { sub: row.id, actor, detail: { by: reason } },
    { tenant, audit: deps.audit },
  )
  await endSessionsAfter({ sub: row.id, actor }, tenant, deps)
  await forgetFailures(row, { tenant, deps })
  return { sub: row.id }
}

/** Never throws for a storage that is away: the person would choose a password on a link that is used up. */
async function forgetFailures(
  { value: { email } }: UserRow,
  { tenant, deps }: { readonly tenant: Tenant; readonly deps: SetPasswordDeps },
): Promise<void> {
  if (typeof email !== 'string') return
  try {
    await deps.signIns.limits.forget(tenant.id, normalEmail(email))
  } catch (cause) {
    if (!(cause instanceof UnavailableError)) throw cause
  }
}

/** One transaction: the new hash, the end of the link, and the cutoff. */
function writePassword(
  findRow: FindRow,
  password_hash: string,
  { tenant, deps }: { readonly tenant: Tenant; readonly deps: SetPasswordDeps },
): Promise<UserRow | undefined> {
  return deps.storage.transaction((inside) =>
    untilWritten(async () => {
      const row = await findRow(inside)
      if (!row) return undefined
      const now = deps.now()
      const value = { ...row.value, password_hash, link: null, updated_at: now }
      const rows = inside.of(tenant.id).of(users)
      if (!(await rows.replace(row.id, value, { ifVersion: row.version }))) return lost
      await cutOff(inside, tenant.id, { sub: row.id, before: now })
      return { ...row, value, version: row.version + 1 }
    }),
  )
}
