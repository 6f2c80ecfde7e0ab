import { Elysia } from 'elysia'
import type { Deps } from '../deps.ts'
import { json } from '../http/json.ts'
import { answer } from '../http/openapi.ts'
import { RootResponse } from '../protocol/messages.ts'

const paths = { swagger: '/swagger', openapi: '/swagger/json', health: '/health' }

/** `GET /`: what this is and where to go on. */
export const rootEndpoint = ({ build, publicUrl }: Deps) =>
  new Elysia().get('/', () => json(renderRoot(build.version, publicUrl)), {
    detail: {
      tags: ['Service'],
      operationId: 'getRoot',
      summary: 'What this is',
      description: 'The name and the version of the server, and links to the rest.',
      responses: { 200: answer('Links', RootResponse, renderRoot('0.1.0', 'http://localhost:3000')) },
    },
  })

function renderRoot(version: string, publicUrl: string): RootResponse {
  const links = Object.entries(paths).map(([name, path]) => [name, `${publicUrl}${path}`])
  return { name: 'grantd', version, links: Object.fromEntries(links) }
}
