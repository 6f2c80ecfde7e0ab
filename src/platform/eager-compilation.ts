/**
 * Makes the runtime compile code that runs often. Before this call an executable mostly interprets (`jitPolicy` in scripts/compile.ts),
 * because a start runs most code once. So the start is faster, and the process takes 5 MB less. Does nothing if the runtime has no such
 * switch.
 */
export function compileEagerly(): void {
  if ('Bun' in globalThis) Bun.unsafe.setJITPolicy(1)
}
