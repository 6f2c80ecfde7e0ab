import { auditEvents, auditHeads } from '../audit/audit-row.ts'
import { revocations } from '../tokens/revocation-row.ts'

/** Kinds of rows that stay when a tenant is deleted: what it did, and that its tokens are no good. */
export const outlastingKinds: readonly string[] = [auditEvents, auditHeads, revocations].map(
  ({ name }) => name,
)
