import type { PersonView } from '../../pages/frame/page-frame.ts'
import type { Person } from '../../users/person.ts'

/** The person as pages show it. */
export function shownPerson({ name, email, key, sub }: Person): PersonView {
  return { name, username: email ?? key ?? sub }
}
