import { type Static, Type } from '@sinclair/typebox'
import { FileOrNull, Json, MapOf, OrNull, VariableOrNull } from './schema-kinds.ts'

/** A person in config.yaml: for development and small installations, and read-only at run time. */
export const UserConfig = Type.Object(
  {
    email: OrNull(
      Type.String({ format: 'email', description: 'The e-mail address, with which the person signs in' }),
    ),
    email_verified: Type.Boolean({
      default: false,
      description: 'Whether the address is known to be that of the person',
    }),
    name: OrNull(Type.String({ minLength: 1, description: 'The full name' })),
    active: Type.Boolean({ default: true, description: 'An inactive person cannot sign in' }),
    password: OrNull(Type.String({ minLength: 1, description: 'The password in clear, for trying out' })),
    password_env: VariableOrNull('Environment variable with the password'),
    password_file: FileOrNull('File with the password; one line end is cut'),
    password_hash: OrNull(
      Type.String({
        format: 'password-hash',
        description: 'An argon2id, bcrypt or PBKDF2 hash of the password',
      }),
    ),
    sub: OrNull(
      Type.String({
        format: 'sub',
        description:
          'The stable id of the person in tokens; default: made from the tenant and the key, so that it outlasts a new address',
      }),
    ),
    groups: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      description: 'Groups of the person, which the scope groups brings into tokens',
    }),
    attributes: MapOf('claim', Json(), {
      default: {},
      description: 'Further facts of any JSON value, standard claims such as locale among them',
    }),
  },
  { description: 'A person of this tenant, with one of the four keys of passwords' },
)
export type UserConfig = Static<typeof UserConfig>

/** The settings of a stored person, as the admin API takes and shows them and as a row has them. */
export const UserSettings = Type.Pick(UserConfig, [
  'email',
  'email_verified',
  'name',
  'active',
  'groups',
  'attributes',
])
export type UserSettings = Static<typeof UserSettings>
