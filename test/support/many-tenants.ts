import { createHash } from 'node:crypto'

export interface ManyTenants {
  readonly tenants: number
  /** Default 10. */
  readonly clients?: number
  /** Whether the file holds each secret itself; default: its SHA-256, as people would have made it. */
  readonly plainSecrets?: boolean
  /** Lines that stand before the tenants, such as `storage: memory`. */
  readonly head?: string
  /** Lines of the signing block of every tenant; default: those of an ES256 key, which is made in no time. */
  readonly algorithm?: string
}

export const tenantIdOf = (tenant: number) => `tenant-${String(tenant).padStart(5, '0')}`
export const clientIdOf = (client: number) => `service-${String(client).padStart(2, '0')}`

/** The secret of a client of {@link renderManyTenants}; nobody else has it, for everybody can make it. */
export function secretOf(tenant: number, client: number): string {
  return createHash('sha256').update(`not a secret ${tenant} ${client}`).digest('base64url')
}

/** A config.yaml of many tenants, with what people write into one: 10,000 tenants of 10 clients are 19 MB. */
export function renderManyTenants(options: ManyTenants): string {
  const { tenants, head = '' } = options
  const blocks = Array.from({ length: tenants }, (_, index) => renderTenant(index, options))
  return `${head}${head === '' || head.endsWith('\n') ? '' : '\n'}tenants:\n${blocks.join('')}`
}

function renderTenant(
  tenant: number,
  { clients = 10, plainSecrets = false, algorithm = 'ES256' }: ManyTenants,
): string {
  const id = tenantIdOf(tenant)
  const services = Array.from({ length: clients }, (_, client) => {
    const secret = secretOf(tenant, client)
    const hash = createHash('sha256').update(secret).digest('hex')
    return `      ${clientIdOf(client)}:
        name: Service ${client} of customer ${tenant}
        ${plainSecrets ? `secret: ${JSON.stringify(secret)}` : `secret_hash: sha256:${hash}`}
        scopes: [orders:read, orders:write]
`
  })
  return `  ${id}:
    name: Customer number ${tenant}
    issuer: https://${id}.auth.example.com
    oauth2:
      audience: [https://api.${id}.example.com]
      access_token_ttl: 15m
      scopes:
        orders:read: Read the orders of customer ${tenant}
        orders:write: Change the orders of customer ${tenant}
    signing:
      algorithm: ${algorithm}
    clients:
${services.join('')}`
}
