import { Type } from '@sinclair/typebox'
import { patchSchema } from '../../config/settings.ts'
import { UserSettings } from '../../config/user-schema.ts'
import { viewMembers } from '../../config/view-schema.ts'
import { UserSettingsInput } from '../../users/person-settings.ts'
import type { PersonView } from '../../users/person-view.ts'
import { Moment, MomentOrNull, OrNull, pageOf } from '../openapi-details.ts'

export const CreateUserRequest = patchSchema(
  UserSettingsInput,
  {
    sub: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        description: 'The id that the person has elsewhere; default: a random one',
      }),
    ),
    password_hash: Type.Optional(
      Type.String({
        description: 'An argon2id, bcrypt or PBKDF2 hash that was made elsewhere; then there is no link',
      }),
    ),
  },
  { title: 'CreateUserRequest' },
)

/** A merge patch (RFC 7396): every member is optional. */
export const PatchUserRequest = Type.Partial(patchSchema(UserSettingsInput), { title: 'PatchUserRequest' })

export const UserResponse = Type.Object(
  {
    sub: Type.String({ description: 'The id in tokens; it never changes' }),
    source: Type.Union([Type.Literal('config'), Type.Literal('storage')], {
      description: 'config: it is read-only here',
    }),
    key: OrNull(Type.String(), 'The name in config.yaml; null: of the storage'),
    ...viewMembers(UserSettings),
    has_password: Type.Boolean(),
    link_expires_at: MomentOrNull('When the open link ends; null: there is none'),
    created_at: MomentOrNull('Null: by config.yaml'),
    updated_at: MomentOrNull('Null: by config.yaml'),
  },
  { title: 'UserResponse' },
)
export type UserResponse = PersonView

const Link = Type.String({
  description: 'The page on which the person chooses a password; good once, for a day, and shown only now',
})

export const CreateUserResponse = Type.Composite([Type.Object({ link: Type.Optional(Link) }), UserResponse], {
  title: 'CreateUserResponse',
})

export const ResetUserResponse = Type.Object(
  { link: Link, link_expires_at: Moment('When the link ends') },
  { title: 'ResetUserResponse' },
)

export const UserList = pageOf(UserResponse, 'UserList')

export const UserSession = Type.Object(
  {
    sid: Type.String({ description: 'As in ID tokens; it opens nothing' }),
    created_at: Moment('When the person signed in'),
    last_seen_at: Moment('The last use, within a minute'),
    amr: Type.Array(Type.String(), { description: 'How (RFC 8176)' }),
    clients: Type.Array(Type.String(), { description: 'Clients that the person went to in the session' }),
    user_agent: OrNull(Type.String(), 'The browser, as it says'),
  },
  { title: 'UserSession' },
)

export const UserSessionList = pageOf(UserSession, 'UserSessionList')
