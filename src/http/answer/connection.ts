import type { Lifecycle } from '../../deps.ts'

/** Whether connections stay open after an answer. A process that ends closes them, because an idle one would delay its end. */
export function staysOpen({ phase, isLeaving }: Lifecycle): boolean {
  return phase !== 'stopping' && isLeaving !== true
}
