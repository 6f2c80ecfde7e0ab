import { CommandError } from '../../cli/command.ts'
import { describeRefusal, fetchJson, type JsonAnswer } from '../../cli/remote/fetch-json.ts'
import { parseServerUrl } from '../../cli/remote/http-client.ts'
import { UsageError } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'

/** The variable with the access token of an admin. A token is never an argument. */
export const adminTokenVariable = 'GRANTD_ADMIN_TOKEN'

/** Asks the admin API of the server at `url`, with a JSON body by POST or without one by GET. Throws UsageError and CommandError. */
export async function askAdmin(
  url: string,
  { path, body, platform }: { readonly path: string; readonly body?: object; readonly platform: Platform },
): Promise<JsonAnswer> {
  const token = platform.environment(adminTokenVariable)
  if (!token)
    throw new UsageError(`explain --url wants an access token with grantd:admin in ${adminTokenVariable}`)
  const init = {
    headers: {
      Authorization: `Bearer ${token}`,
      ...(body && { 'Content-Type': 'application/json' }),
    },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  }
  const address = `${parseServerUrl(url)}/api/v1/admin${path}`
  return fetchJson(address, { platform, init, isSecret: true })
}

/** The error of an answer that was not expected. */
export function unexpected(answer: JsonAnswer): CommandError {
  return new CommandError(describeRefusal(answer))
}
