import { readFile } from 'node:fs/promises'
import process from 'node:process'

/**
 * Why the host's OpenSSL makes signatures with such keys no faster than Bun does; undefined: it may, and has to be measured. Where
 * it cannot win it is not loaded, because loading costs 4 MB. `kind` is RSA with its bits, or a curve. docs/performance.md has
 * the figures.
 */
export function weighOpenssl(
  kind: string,
  { machine, processor }: { machine: string; processor: string },
): string | undefined {
  if (!kind.startsWith('RSA')) return 'the runtime is faster with this curve'
  // AVX-512 IFMA is the one path for RSA that OpenSSL has and BoringSSL has not. Only x64 was measured.
  const isLevel = machine === 'x64' && processor !== '' && !/\bavx512ifma\b/.test(processor)
  return isLevel ? 'this processor has no AVX-512 IFMA, so OpenSSL is no faster' : undefined
}

/** {@link weighOpenssl} for this machine. */
export async function weighOpensslHere(kind: string): Promise<string | undefined> {
  const processor = await readFile('/proc/cpuinfo', 'utf8').catch(() => '')
  return weighOpenssl(kind, { machine: process.arch, processor })
}
