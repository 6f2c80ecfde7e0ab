import type { Platform } from './platform.ts'

/** The platform of this process. The code of the other one is not loaded. */
export async function detectPlatform(): Promise<Platform> {
  if ('Deno' in globalThis) return (await import('./deno.ts')).denoPlatform()
  return (await import('./bun/bun.ts')).bunPlatform()
}
