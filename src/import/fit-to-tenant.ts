import type { LeftOut, PlannedClient } from './import-plan.ts'

/** The clients with those of their scopes that a tenant has which is there already. What is dropped is added to `leftOut`. */
export function fitToTenant(
  clients: readonly PlannedClient[],
  scopes: readonly string[],
  leftOut: LeftOut[],
): PlannedClient[] {
  const known = new Set(scopes)
  return clients.map((client) => {
    const wanted = textsIn(client.patch['scopes'])
    const defaults = client.patch['default_scopes']
    for (const scope of wanted.filter((each) => !known.has(each)))
      leftOut.push({
        what: `client '${client.id}': scope '${scope}'`,
        why: 'the tenant does not have it; add it to the tenant first',
        isExpected: false,
      })
    const kept = (list: unknown) => textsIn(list).filter((scope) => known.has(scope))
    const patch = {
      ...client.patch,
      scopes: kept(wanted),
      ...(defaults !== undefined && { default_scopes: kept(defaults) }),
    }
    return { ...client, patch }
  })
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}
