import { readFile } from 'node:fs/promises'
import process from 'node:process'

/**
 * Returns why the host's OpenSSL does not sign faster than Bun with keys of this kind; undefined if it may be faster and has to be
 * measured. OpenSSL is not loaded if it cannot be faster, because loading costs 4 MB. `kind` is RSA with its bits, or a curve.
 * docs/performance.md has the figures.
 */
export function weighOpenssl(
  kind: string,
  { machine, processor }: { machine: string; processor: string },
): string | undefined {
  if (!kind.startsWith('RSA')) return 'the runtime is faster with this curve'
  // For RSA, OpenSSL uses AVX-512 IFMA and BoringSSL does not. This is their only difference in speed. Only x64 was measured.
  const isLevel = machine === 'x64' && processor !== '' && !/\bavx512ifma\b/.test(processor)
  return isLevel ? 'this processor has no AVX-512 IFMA, so OpenSSL is no faster' : undefined
}

/** {@link weighOpenssl} for this machine. */
export async function weighOpensslHere(kind: string): Promise<string | undefined> {
  const processor = await readFile('/proc/cpuinfo', 'utf8').catch(() => '')
  return weighOpenssl(kind, { machine: process.arch, processor })
}
