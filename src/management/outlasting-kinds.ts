import { auditEvents, auditHeads } from '../audit/audit-row.ts'
import { usedAssertions } from '../clients/client-row.ts'
import { revocations } from '../tokens/revocation-row.ts'

/** Kinds of rows that stay when a tenant is deleted: its audit trail, the revocations of its tokens, and the used assertions. */
export const outlastingKinds: readonly string[] = [auditEvents, auditHeads, revocations, usedAssertions].map(
  ({ name }) => name,
)
