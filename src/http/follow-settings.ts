import type { Deps } from '../deps.ts'
import { renderCause } from '../log.ts'
import { notesOf } from './request/request-notes.ts'

/**
 * Has the keys of the tenant go by settings that were changed. The change is made, and so is its answer: what fails here is done when
 * news are next looked for, or before a key changes.
 */
export async function followSettings(request: Request, tenant: string, deps: Deps): Promise<void> {
  try {
    await deps.keyring.replan(tenant)
  } catch (cause) {
    const { id: request_id } = notesOf(request)
    const reason = renderCause(cause)
    deps.log('warn', 'the keys do not go by the changed settings yet', { request_id, tenant, reason })
  }
}
