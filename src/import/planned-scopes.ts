import type { PlannedClient } from './import-plan.ts'

/** The scopes of all clients, as the settings of a tenant have them, each with its description. */
export function scopesOf(
  clients: readonly PlannedClient[],
  descriptions: ReadonlyMap<string, string> = new Map(),
): Readonly<Record<string, string>> {
  const used = new Set(clients.flatMap(({ patch }) => patch['scopes'] as readonly string[]))
  return Object.fromEntries([...used].map((scope) => [scope, descriptions.get(scope) ?? '']))
}
