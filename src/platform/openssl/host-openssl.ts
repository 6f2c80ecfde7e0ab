import process from 'node:process'
import { placesOfOpenssl } from './openssl-functions.ts'
import type { OpensslHost } from './openssl-port.ts'

/** More than one JavaScript thread can keep busy with RSA 2048. */
const mostThreads = 8

const isDeno = 'Deno' in globalThis

/** The OpenSSL of this machine, called through the FFI of the runtime. It is loaded at the first use, because most processes never use it. */
export const hostOpenssl: OpensslHost = {
  weighOpenssl: async (kind) =>
    // Deno's own code is much slower with all algorithms except Ed25519.
    isDeno ? undefined : (await import('./openssl-prospects.ts')).weighOpensslHere(kind),
  openOpenssl: async () => {
    const [{ openFirst }, { openLibrary }] = await Promise.all([
      import('./openssl.ts'),
      isDeno ? import('./openssl-deno.ts') : import('./openssl-bun.ts'),
    ])
    return openFirst(placesOfOpenssl({ system: process.platform, machine: process.arch }), openLibrary)
  },
  mostOpensslThreads: isDeno ? 0 : mostThreads,
  openThreads: async ({ path }, options) => {
    const { SigningThreads, startSigningThread } = await import('./openssl-threads.ts')
    return new SigningThreads({ ...options, path, start: startSigningThread })
  },
}
