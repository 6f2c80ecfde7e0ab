import { printable } from '../printable.ts'

/** A fault or a warning about a configuration. Lines and columns count from 1. */
export interface Fault {
  readonly file: string
  /** Undefined: the whole file. */
  readonly position: { readonly line: number; readonly column: number } | undefined
  readonly message: string
}

/** `config.yaml:12:7: message`. */
export function renderFault({ file, position, message }: Fault): string {
  const place = position ? `${file}:${position.line}:${position.column}` : file
  // The message may quote the file, which may contain control characters.
  return printable(`${place}: ${message}`)
}

/** The configuration cannot be used. `faults` has all faults, in the order of the file. */
export class ConfigError extends Error {
  readonly faults: readonly Fault[]
  /** Warnings; the message does not have them. */
  readonly warnings: readonly Fault[]

  constructor(faults: readonly Fault[], warnings: readonly Fault[] = []) {
    super(faults.map(renderFault).join('\n'))
    this.faults = faults
    this.warnings = warnings
  }
}
