import type { ParsedArguments } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'

interface WriteEachOptions<T> {
  readonly work: (tenantId: string) => Promise<T>
  /** A result as a line of text. */
  readonly render: (result: T) => string
  readonly args: ParsedArguments
  readonly platform: Platform
}

/** Works on one tenant after the other, and prints the results. If one fails, those before it are done, so they are printed too. */
export async function writeEach<T>(
  tenantIds: readonly string[],
  { work, render, args, platform }: WriteEachOptions<T>,
): Promise<void> {
  const results: T[] = []
  const write = () => {
    if (args.isSet('json')) platform.writeOut(`${JSON.stringify(results)}\n`)
    else for (const result of results) platform.writeOut(`${render(result)}\n`)
  }
  try {
    for (const id of tenantIds) results.push(await work(id))
  } catch (cause) {
    if (results.length > 0) write()
    throw cause
  }
  write()
}
