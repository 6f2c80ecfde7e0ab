/** The types of events in the audit trail: thing.what-happened. */
export const auditEventTypes = [
  'token.issued',
  'token.refused',
  'token.revoked',
  'code.replayed',
  'refresh_token.reused',
  'refresh_token.revoked',
  'device.started',
  'device.refused',
  'introspection.refused',
  'authorization.refused',
  'code.issued',
  'sign_in.succeeded',
  'sign_in.refused',
  'session.started',
  'consent.given',
  'consent.denied',
  'session.ended',
  'logout.sent',
  'logout.failed',
  'consent.withdrawn',
  'limit.reached',
  'api_key.created',
  'api_key.rotated',
  'api_key.revoked',
  'api_key.refused',
  'secret.added',
  'secret.removed',
  'key.created',
  'key.activated',
  'key.removed',
  'client.created',
  'client.changed',
  'client.deleted',
  'user.created',
  'user.changed',
  'user.enabled',
  'user.disabled',
  'user.deleted',
  'user.reset',
  'user.password_changed',
  'user.signed_out',
  'user.imported',
  'tenant.created',
  'tenant.changed',
  'tenant.deleted',
  'admin.refused',
  'server.started',
  'audit.gap',
] as const

export type AuditEventType = (typeof auditEventTypes)[number]

/** An event of the audit trail. It never contains a secret, a token, or an unchecked text of a request. */
export interface AuditEvent {
  readonly type: AuditEventType
  /** Empty for an event that belongs to no tenant. */
  readonly tenant: string
  readonly outcome: 'success' | 'refused'
  /** The actor: a client id, the sub of a person, or `shell` for a command. */
  readonly actor?: string | undefined
  /** The client that the event is about. It exists. */
  readonly client?: string | undefined
  /** The check that failed, or the error code of a refusal. */
  readonly reason?: string | undefined
  readonly requestId?: string | undefined
  /** The address of the other end of the connection. */
  readonly address?: string | undefined
  readonly detail?: Readonly<Record<string, string>>
}

/** Takes events. It never throws and never waits. */
export interface AuditSink {
  record(event: AuditEvent): void
}
