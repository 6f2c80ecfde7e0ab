import { Elysia } from 'elysia'
import type { Deps } from '../deps.ts'
import { json } from '../http/answer/json.ts'
import { answer } from '../http/openapi-parts.ts'
import { notesOf } from '../http/request/request-notes.ts'
import { HealthResponse } from '../protocol/messages.ts'

/** `GET /health` and `/health/live` tell whether the process answers. `GET /health/ready` tells whether the server wants requests. */
export const healthEndpoint = (deps: Deps) =>
  new Elysia()
    .get('/health', () => json(healthy(deps)), {
      detail: { ...liveDetail, operationId: 'getHealth', summary: 'The process answers' },
    })
    .get('/health/live', () => json(healthy(deps)), {
      detail: { ...liveDetail, operationId: 'getLiveness', summary: 'The process answers' },
    })
    // HAProxy sends this by default (`option httpchk` without arguments).
    .options('/', ({ request }) => answerReady(request, deps), { detail: { hide: true } })
    .get('/health/ready', ({ request }) => answerReady(request, deps), {
      detail: {
        tags: ['Service'],
        operationId: 'getReadiness',
        summary: 'The server wants requests',
        description:
          'For load balancers: 503 while the server starts, while it stops, and while its clock alone is off among replicas.',
        security: [],
        responses: {
          200: answer('Send requests', HealthResponse, example('healthy')),
          503: answer('Send none now', HealthResponse, example('stopping')),
        },
      },
    })

function healthy({ build }: Deps): HealthResponse {
  return { status: 'healthy', service: 'grantd', version: build.version }
}

function answerReady(request: Request, deps: Deps): Response {
  const { phase, isConfigRejected, isClockOdd } = deps.lifecycle
  // The server serves as before, so a load balancer must not take it out.
  if (phase === 'ready' && !isClockOdd)
    return json({ ...healthy(deps), ...(isConfigRejected && { configuration: 'rejected' as const }) })
  // Load balancers ask every second, and stopping a replica must not raise an alarm.
  notesOf(request).isExpected = true
  const body: HealthResponse = { ...healthy(deps), status: phase === 'ready' ? 'wrong_clock' : phase }
  return json(body, { status: 503, headers: { 'Retry-After': '1' } })
}

function example(status: HealthResponse['status']): HealthResponse {
  return { status, service: 'grantd', version: '0.1.0' }
}

const liveDetail = {
  tags: ['Service'],
  description: 'For process supervisors: an answer means that the process lives.',
  security: [],
  responses: { 200: answer('It does', HealthResponse, example('healthy')) },
}
