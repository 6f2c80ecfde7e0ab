import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { auth, discoverAuthorizationServerMetadata } from '@modelcontextprotocol/sdk/client/auth.js'
import { ClientCredentialsProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js'
import { claim, clientId, clientSecret, issuerOf, tryToken } from '../interop.mjs'

const issuer = issuerOf('rs256')

await claim(['@modelcontextprotocol/sdk'], 'discovers', async () => {
  const found = await discoverAuthorizationServerMetadata(issuer)
  assert.equal(found?.issuer, issuer)
})

await claim(
  ['@modelcontextprotocol/sdk'],
  'gets a token for an MCP server that names grantd (RFC 9728)',
  async () => {
    const resource = createServer((request, response) => {
      const isMetadata = request.url.startsWith('/.well-known/oauth-protected-resource')
      const url = `http://127.0.0.1:${resource.address().port}/mcp`
      response.writeHead(isMetadata ? 200 : 404, { 'Content-Type': 'application/json' })
      response.end(JSON.stringify({ resource: url, authorization_servers: [issuer] }))
    })
    await new Promise((resolve) => resource.listen(0, '127.0.0.1', resolve))
    try {
      const provider = new ClientCredentialsProvider({ clientId, clientSecret, scope: 'read' })
      // The resource is no audience of the client; a real MCP server's URL is one of its `resources`.
      provider.validateResourceURL = async () => undefined
      const serverUrl = `http://127.0.0.1:${resource.address().port}/mcp`
      assert.equal(await auth(provider, { serverUrl, scope: 'read' }), 'AUTHORIZED')
      await tryToken(issuer, (await provider.tokens()).access_token)
    } finally {
      resource.closeAllConnections()
      resource.close()
    }
  },
)
