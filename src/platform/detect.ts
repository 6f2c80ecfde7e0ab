import type { Platform } from './platform.ts'

/** The platform that this process runs on; the other one is not loaded. */
export async function detectPlatform(): Promise<Platform> {
  if ('Deno' in globalThis) return (await import('./deno.ts')).denoPlatform()
  return (await import('./bun/bun.ts')).bunPlatform()
}
