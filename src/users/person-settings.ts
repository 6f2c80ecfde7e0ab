import type { Unfilled } from '../config/fill-settings.ts'
import { plainSchema } from '../config/plain-schema.ts'
import { patchSettings } from '../config/settings.ts'
import { UserSettings } from '../config/user-schema.ts'
import { OAuthError } from '../protocol/errors.ts'
import { findAttributeFaults } from '../protocol/people/person-attributes.ts'
import { isReservedClaim } from '../protocol/static-claims.ts'

/** The settings of a stored person, as the admin API takes them. */
export const UserSettingsInput = plainSchema(UserSettings)

/** An unchecked merge patch. */
export type PersonPatch = Readonly<Record<string, unknown>>

/** The settings of a person with an e-mail address, which every stored person has. */
export type CheckedSettings = UserSettings & { readonly email: string }

/** Returns the settings with the patch applied. A new e-mail address is not verified unless the patch says so. Throws `invalid_request`. */
export function patchPerson(current: Unfilled<UserSettings>, patch: PersonPatch): CheckedSettings {
  const settings = patchSettings(UserSettingsInput, current, patch)
  const { email, name, groups, attributes } = settings
  if (email === null) throw new OAuthError('invalid_request', 'Missing required field: email')
  checkText([email, name ?? '', ...groups])
  checkAttributes(attributes)
  const isNewEmail = email !== current.email && typeof patch['email_verified'] !== 'boolean'
  return { ...settings, email, email_verified: isNewEmail ? false : settings.email_verified }
}

/** No store keeps half a surrogate pair, and no name has control characters. */
function checkText(texts: readonly string[]): void {
  if (texts.every((text) => text.isWellFormed() && !/\p{Cc}/u.test(text))) return
  throw new OAuthError('invalid_request', 'The request body has a text with a control character')
}

/** Checks the attributes by the rules of config.yaml. A name is the sender's own text and is not repeated, unless it is one of ours. */
function checkAttributes(attributes: UserSettings['attributes']): void {
  const [fault] = findAttributeFaults(attributes)
  if (!fault) return
  const { name, message } = fault
  const isOurs = name !== undefined && (isReservedClaim(name) || Object.hasOwn(UserSettings.properties, name))
  throw new OAuthError('invalid_request', `The field attributes${isOurs ? `.${name}` : ''} ${message}`)
}
