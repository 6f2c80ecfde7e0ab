import { swagger } from '@elysiajs/swagger'
import { type AnyElysia, Elysia } from 'elysia'
import type { Deps } from '../deps.ts'
import { security, tags } from './openapi.ts'

const documentPath = '/document'

/** The OpenAPI 3 document of `routes` as JSON, made by the plugin from the routes themselves. */
export async function renderOpenApi(routes: AnyElysia, { build }: Pick<Deps, 'build'>): Promise<string> {
  const app = new Elysia().use(routes).use(
    swagger({
      path: '/page',
      specPath: documentPath,
      // Otherwise every path with a dot, jwks.json among them, is left out.
      excludeStaticFile: false,
      exclude: ['/page', documentPath],
      documentation: {
        info: {
          title: 'grantd',
          version: build.version,
          description: 'Issues and checks OAuth 2.0 tokens for many tenants.',
          license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
        },
        tags: [...tags],
        components: { securitySchemes },
      },
    }),
  )
  const response = await app.handle(new Request(`http://localhost${documentPath}`))
  return response.text()
}

const securitySchemes = {
  [security.oauth2]: {
    type: 'oauth2',
    description: 'Gets a token for you with the credentials of a client.',
    flows: {
      clientCredentials: { tokenUrl: '/api/v1/tenant/test-tenant/oauth/token', scopes: {} },
    },
  },
  [security.bearer]: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'A token that you have.',
  },
  [security.basic]: { type: 'http', scheme: 'basic', description: 'The client id and the client secret.' },
} as const
