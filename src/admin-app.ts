import { Elysia } from 'elysia'
import { adminApiKeys } from './admin/client-api-keys.ts'
import { adminClients } from './admin/clients.ts'
import { adminTokenExplanation } from './admin/requests/explained-token.ts'
import { adminRequests } from './admin/requests/refused-requests.ts'
import { adminSecrets } from './admin/secrets.ts'
import { adminKeys } from './admin/signing-keys.ts'
import { adminAudit } from './admin/tenant-audit.ts'
import { adminTenants } from './admin/tenants.ts'
import { adminTokens } from './admin/tokens.ts'
import { adminUsers } from './admin/users/tenant-users.ts'
import { adminUserAccess } from './admin/users/user-access.ts'
import type { Deps } from './deps.ts'

/** Every resource of the admin API. It is not in app.ts, so that a server without admin API does not load it. */
export function adminApi(deps: Deps) {
  return new Elysia()
    .use(adminTenants(deps))
    .use(adminClients(deps))
    .use(adminSecrets(deps))
    .use(adminApiKeys(deps))
    .use(adminUsers(deps))
    .use(adminUserAccess(deps))
    .use(adminTokens(deps))
    .use(adminKeys(deps))
    .use(adminAudit(deps))
    .use(adminRequests(deps))
    .use(adminTokenExplanation(deps))
}
