import { Elysia } from 'elysia'
import type { Deps } from '../deps.ts'
import { publicJson } from '../http/answer/json.ts'
import { answer } from '../http/openapi-parts.ts'
import { RootResponse } from '../protocol/messages.ts'

const health = { health: '/health' }
const withSwagger = { swagger: '/swagger', openapi: '/swagger/json', ...health }

/** `GET /`: the name, the version and links. */
export const rootEndpoint = ({ build, publicUrl, settings: { swagger } }: Deps, path = '/') =>
  new Elysia().get(path, () => publicJson(renderRoot(build.version, publicUrl, swagger)), {
    detail: {
      tags: ['Service'],
      operationId: 'getRoot',
      summary: 'What this is',
      description: 'The name and the version of the server, and links to the rest.',
      security: [],
      responses: { 200: answer('Links', RootResponse, renderRoot('0.1.0', 'http://localhost:3000', true)) },
    },
  })

function renderRoot(version: string, publicUrl: string, swagger: boolean): RootResponse {
  const links = Object.entries(swagger ? withSwagger : health).map(([name, path]) => [
    name,
    `${publicUrl}${path}`,
  ])
  return { name: 'grantd', version, links: Object.fromEntries(links) }
}
