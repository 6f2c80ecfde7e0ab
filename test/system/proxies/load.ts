import { type LoadOptions, type LoadResult, startLoad } from '../../support/raw-load.ts'
import { client } from './replicas.ts'

const form = `grant_type=client_credentials&client_id=${client.id}&client_secret=${client.secret}`

const token = {
  request: [
    'POST /api/v1/tenant/main/oauth/token HTTP/1.1',
    'Host: auth.example.com',
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${form.length}`,
    '',
    form,
  ].join('\r\n'),
  wanted: '"access_token"',
}
const jwks = {
  request: 'GET /api/v1/tenant/main/.well-known/jwks.json HTTP/1.1\r\nHost: auth.example.com\r\n\r\n',
  wanted: '"keys"',
}

/** Tokens and public keys asked for at a proxy, over connections that stay and over new ones. */
export function startMixedLoad(port: number): { stop(): Promise<LoadResult[]> } {
  const options: Omit<LoadOptions, 'port'>[] = [
    { ...token, connections: 12, keepAlive: true, pause: 2 },
    { ...token, connections: 4, keepAlive: false, pause: 5 },
    { ...jwks, connections: 4, keepAlive: true, pause: 2 },
    // Bursts, between which the proxy keeps connections that nobody uses.
    { ...token, connections: 24, keepAlive: true, pause: 700 },
  ]
  const loads = options.map((one) => startLoad({ ...one, port }))
  return { stop: () => Promise.all(loads.map((load) => load.stop())) }
}

/** So many tokens asked for at once, each over a connection of its own to the proxy. */
export function sendBurst(port: number, count: number): Promise<LoadResult> {
  const load = startLoad({ port, ...token, connections: count, keepAlive: false, pause: 0 })
  return load.stop()
}
