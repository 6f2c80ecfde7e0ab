import { type Static, Type } from '@sinclair/typebox'
import { formats } from '../config/formats.ts'
import { MomentOrNull, OrNull } from './openapi-details.ts'

/** Default number of seconds for which the old secrets stay valid. */
export const usualOverlap = 86_400
const longestOverlap = 365 * 86_400

const patternOf = (format: string) => formats[format]?.pattern?.source ?? ''

export const AddSecretRequest = Type.Object(
  {
    id: Type.Optional(
      Type.String({ pattern: patternOf('kid'), description: 'A name for it; default: 8 random hex digits' }),
    ),
    expires_at: Type.Optional(
      OrNull(
        Type.String({ maxLength: 40 }),
        'When it ends, in UTC, such as 2030-01-31T00:00:00Z; default: never',
      ),
    ),
    old_ends_in_seconds: Type.Optional(
      OrNull(
        Type.Integer({ minimum: 0, maximum: longestOverlap }),
        `When the others end at the latest; default ${usualOverlap}; null: they stay as they are`,
      ),
    ),
  },
  { title: 'AddSecretRequest', additionalProperties: false },
)

/** A secret as the admin API shows it, without the secret itself and its hash. */
export const SecretResponse = Type.Object(
  {
    id: Type.String({ description: 'In the log as secret_id' }),
    created_at: MomentOrNull('Null: by config.yaml'),
    not_before: MomentOrNull('Null: from ever'),
    expires_at: MomentOrNull('Null: never'),
    last_used: MomentOrNull('Right to within five minutes. Null: never, or less than ten seconds ago'),
    valid: Type.Boolean({ description: 'Whether it authenticates now' }),
  },
  { title: 'SecretResponse' },
)
export type SecretResponse = Static<typeof SecretResponse>

export const SecretList = Type.Object(
  {
    items: Type.Array(SecretResponse),
    next_cursor: OrNull(Type.String(), 'Always null: this is all'),
  },
  { title: 'SecretList' },
)

export const AddSecretResponse = Type.Composite(
  [SecretResponse, Type.Object({ client_secret: Type.String({ description: 'Shown this once' }) })],
  { title: 'AddSecretResponse' },
)
