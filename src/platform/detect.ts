import { bunPlatform } from './bun.ts'
import { denoPlatform } from './deno.ts'
import type { Platform } from './platform.ts'

/** The platform that this process runs on. */
export function detectPlatform(): Platform {
  return 'Deno' in globalThis ? denoPlatform() : bunPlatform()
}
