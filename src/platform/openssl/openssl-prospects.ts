import { readFile } from 'node:fs/promises'
import process from 'node:process'

/**
 * Why the host's OpenSSL makes signatures with such keys no faster than Bun does; undefined: it may, and has to be measured. Where
 * it cannot win it is not even loaded: that costs 4 MB. `kind` is RSA with its bits, or a curve; what is compared was measured,
 * see docs/performance.md.
 */
export function weighOpenssl(
  kind: string,
  { machine, processor }: { machine: string; processor: string },
): string | undefined {
  if (!kind.startsWith('RSA')) return 'the runtime is faster with this curve'
  // The one path of OpenSSL for RSA that BoringSSL has not. Of other machines than x64 nothing was measured.
  const isLevel = machine === 'x64' && processor !== '' && !/\bavx512ifma\b/.test(processor)
  return isLevel ? 'this processor has no AVX-512 IFMA, so OpenSSL is no faster' : undefined
}

/** {@link weighOpenssl} for this machine. */
export async function weighOpensslHere(kind: string): Promise<string | undefined> {
  const processor = await readFile('/proc/cpuinfo', 'utf8').catch(() => '')
  return weighOpenssl(kind, { machine: process.arch, processor })
}
