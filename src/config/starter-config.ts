export interface InitConfig {
  readonly tenant: string
  readonly client: string
  /** The secret_hash of the client. */
  readonly hash: string
}

/** Renders the config.yaml of `grantd init`: the settings that people change first, each with a comment. */
export function renderInitConfig({ tenant, client, hash }: InitConfig): string {
  return `# yaml-language-server: $schema=config.schema.json
# The configuration of grantd. Check it with: grantd check
# Every key and its default: grantd schema

server:
  host: 127.0.0.1 # 0.0.0.0 to be reached from other machines; then set server.tls, or put a proxy with TLS in front
  port: 3000
  # The address that clients use: the base of every link and of the issuer. Set it before you give out tokens;
  # without it, it is http://localhost and the port.
  # public_url: https://auth.example.com

data_dir: ./data # the signing keys and the database: back it up, and let nobody else read it

tenants:
  ${JSON.stringify(tenant)}:
    name: ${JSON.stringify(tenant)}

    oauth2:
      audience: [my-api] # the aud claim, which your API must check
      access_token_ttl: 15m # an API that looks at the signature alone does not see a revocation: keep it short
      scopes: # what your API knows: name and description
        api:read: Read access
        api:write: Write access

    # oidc: {} # people sign in: then grantd user add and grantd client add; see docs/sign-in.md

    signing:
      rotate_every: 90d # a new key takes over by itself; your API finds it in the JWK Set in time

    clients:
      ${JSON.stringify(client)}:
        secret_hash: ${hash} # another one: grantd secret
        scopes: [api:read, api:write] # what this client may ask for
        default_scopes: [api:read] # what it gets when it names no scope
`
}
