import { availableParallelism } from 'node:os'

/** Names as `openssl speed` takes them, by the algorithm that the tokens have. */
export const speedNames = { RS256: 'rsa2048', ES256: 'ecdsap256', EdDSA: 'ed25519' } as const
export type Algorithm = keyof typeof speedNames

/** Signatures a second that the host's OpenSSL makes on all cores, in so many seconds. */
export async function measureSigning(algorithm: Algorithm, seconds: number): Promise<number> {
  const args = ['-multi', String(availableParallelism()), '-seconds', String(Math.ceil(seconds))]
  const speed = Bun.spawn(['openssl', 'speed', ...args, speedNames[algorithm]], {
    stdout: 'pipe',
    stderr: 'ignore',
  })
  return parseSigning(await new Response(speed.stdout).text())
}

/** The column sign/s of the table that `openssl speed` ends with. */
export function parseSigning(text: string): number {
  const lines = text.split('\n')
  const heading = lines.findIndex((line) => line.includes('sign/s'))
  const rates = /s\s+([\d.]+)\s+[\d.]+\s*$/.exec(lines[heading + 1] ?? '')
  if (heading < 0 || !rates) throw new Error(`openssl speed told no rate of signatures:\n${text}`)
  return Number(rates[1])
}
