import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { findFreePort } from '../../test/support/free-port.ts'
import type { Contender } from './contender.ts'
import { Server } from './server.ts'

const folderOfPeers = resolve(import.meta.dir, '../peers')

/** The Node that peers run on; it comes from npm, so that it is the same everywhere. */
export const node = join(
  folderOfPeers,
  'node_modules',
  `node-${process.platform}-${process.arch}`,
  'bin/node',
)

interface Peer {
  readonly name: string
  readonly program: string
  readonly file: string
  /** Default: 1. */
  readonly processes?: number
}

const peers: readonly Peer[] = [
  { name: 'node-oidc-provider, Node 22', program: node, file: 'oidc-provider.mjs' },
  {
    name: 'node-oidc-provider, Node 22, cluster',
    program: node,
    file: 'oidc-provider.mjs',
    processes: availableParallelism(),
  },
  { name: 'node-oidc-provider, Bun', program: process.execPath, file: 'oidc-provider.mjs' },
  { name: '@node-oauth/oauth2-server, Node 22', program: node, file: 'oauth2-server.mjs' },
]

export function listPeers(): Contender[] {
  if (!existsSync(node)) throw new Error(`Cannot find ${node}; run: cd bench/peers && bun install`)
  return peers.map((peer) => toContender(peer, 'peer'))
}

export const onlySigns = 'a server that only signs, Bun'

/** A server that does nothing but sign: its latencies are those of the machine and of the generator. */
export function toOnlySigning(): Contender {
  return toContender({ name: onlySigns, program: process.execPath, file: 'only-signs.mjs' }, 'limit')
}

function toContender({ name, program, file, processes = 1 }: Peer, kind: Contender['kind']): Contender {
  return {
    name,
    kind,
    async start(folder, algorithm) {
      await mkdir(folder, { recursive: true })
      const port = await findFreePort()
      const server = await Server.start({
        command: [program, join(folderOfPeers, file), String(port), algorithm, String(processes)],
        folder,
        port,
        readyPath: '/jwks',
      })
      return { server, tokenPath: '/token', jwksPath: '/jwks', issuer: server.origin }
    },
  }
}
