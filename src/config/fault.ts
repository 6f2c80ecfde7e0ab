import { printable } from '../printable.ts'

/** One thing that is wrong, or doubtful, in a configuration. Lines and columns count from 1. */
export interface Fault {
  readonly file: string
  /** Undefined when the file as a whole is meant. */
  readonly position: { readonly line: number; readonly column: number } | undefined
  readonly message: string
}

/** `config.yaml:12:7: message`. */
export function renderFault({ file, position, message }: Fault): string {
  const place = position ? `${file}:${position.line}:${position.column}` : file
  // A key or a value of the file may hold anything.
  return printable(`${place}: ${message}`)
}

/** The configuration cannot be used; `faults` says all that is wrong with it, in the order of the file. */
export class ConfigError extends Error {
  readonly faults: readonly Fault[]
  /** What is doubtful besides; not in the message. */
  readonly warnings: readonly Fault[]

  constructor(faults: readonly Fault[], warnings: readonly Fault[] = []) {
    super(faults.map(renderFault).join('\n'))
    this.faults = faults
    this.warnings = warnings
  }
}
