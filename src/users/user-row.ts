import { Type } from '@sinclair/typebox'
import { rowSchema } from '../config/row-schema.ts'
import { UserSettings } from '../config/user-schema.ts'
import { indexKind, kind, Moment, Nullable, Texts } from '../storage/kind.ts'

/** A person that the admin API or a command made. Id: the sub. */
export const users = kind(
  'user',
  rowSchema(UserSettings, {
    // A row without this member is damaged, because no person may become active by a default.
    active: Type.Boolean(),
    password_hash: Nullable(Type.String()),
    /** The open link on which the person chooses a password. */
    link: Nullable(
      Type.Object({
        /** SHA-256 of the secret of the link, in hex. */
        hash: Type.String(),
        expires_at: Moment,
      }),
    ),
    created_at: Moment,
    updated_at: Moment,
  }),
)

/** The stored people by their e-mail addresses, compared as normalEmail says. */
export const userEmails = indexKind('user_email', 'user')

/**
 * The time up to which everything that a person got is over. Id: the sub, or `<sub> <client id>` for what one client got. The rows stay
 * when a person is deleted, and they are of people of config.yaml too.
 */
export const personCutoffs = kind('person_cutoff', Type.Object({ before: Moment }))

/**
 * The algorithms and costs of hashes that were imported; one row, id `costs`. An unknown name is checked against one of them, see
 * sign-in.ts.
 */
export const passwordCosts = {
  ...kind('password_costs', Type.Object({ costs: Texts })),
  fallback: { costs: [] },
}
