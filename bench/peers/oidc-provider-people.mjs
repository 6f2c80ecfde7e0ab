// node-oidc-provider with people: codes, refresh tokens that rotate, ID tokens with claims, sessions; everything in memory.
// Its own adapter for memory keeps a thousand entries and walks all of a grant at each write; this one does neither.
import Provider from 'oidc-provider'
import { audience, serve } from './peer.mjs'

const secret = 'web-secret-of-the-benchmark'
const redirectUri = 'https://app.bench.test/callback'

const store = new Map()
const grants = new Map()

class Memory {
  constructor(model) {
    this.key = (id) => `${model}:${id}`
  }
  async upsert(id, payload) {
    const key = this.key(id)
    store.set(key, payload)
    if (payload.uid) store.set(`uid:${payload.uid}`, key)
    if (!payload.grantId) return
    if (!grants.has(payload.grantId)) grants.set(payload.grantId, new Set())
    grants.get(payload.grantId).add(key)
  }
  async find(id) {
    return store.get(this.key(id))
  }
  async findByUid(uid) {
    return store.get(store.get(`uid:${uid}`))
  }
  async consume(id) {
    store.get(this.key(id)).consumed = Math.floor(Date.now() / 1000)
  }
  async destroy(id) {
    store.delete(this.key(id))
  }
  async revokeByGrantId(grantId) {
    for (const key of grants.get(grantId) ?? []) store.delete(key)
    grants.delete(grantId)
  }
}

serve(({ issuer, algorithm, key }) => {
  const client = (id) => ({
    client_id: id,
    client_secret: secret,
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: [redirectUri],
    id_token_signed_response_alg: algorithm,
  })
  const provider = new Provider(issuer, {
    adapter: Memory,
    jwks: { keys: [key] },
    // The token of a resource is no token for userinfo here, so that asks with a client of its own.
    clients: [client('web'), client('web-userinfo')],
    cookies: { keys: ['of the benchmark'] },
    enabledJWA: { idTokenSigningAlgValues: [algorithm] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims: false,
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: 'ada@example.com', email_verified: true, name: 'Ada Lovelace' }),
    }),
    issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    expiresWithSession: () => false,
    features: {
      devInteractions: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_, client) => (client.clientId === 'web' ? audience : undefined),
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: '',
          audience,
          accessTokenTTL: 3600,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: algorithm } },
        }),
      },
    },
    ttl: {
      AccessToken: 3600,
      AuthorizationCode: 600,
      IdToken: 3600,
      RefreshToken: 86_400,
      Session: 86_400,
      Grant: 86_400,
      Interaction: 600,
    },
  })
  return provider.callback()
})
