import type { Platform } from '../platform/platform.ts'

type Style = (text: string) => string

/** The members of the platform that decide whether the output has colours. */
export type StyleHost = Pick<Platform, 'isTerminal' | 'environment'>

/** Whether standard output takes colours. */
export function hasColours({ isTerminal, environment }: StyleHost): boolean {
  return isTerminal && !environment('NO_COLOR') && environment('TERM') !== 'dumb'
}

/** Styles for standard output. Text stays plain if it is no terminal, or if NO_COLOR is set (no-color.org). */
export function stylesFor(platform: StyleHost): Record<'bold' | 'red' | 'green' | 'yellow', Style> {
  const isPlain = !hasColours(platform)
  const style = (code: number): Style => (isPlain ? (text) => text : (text) => `\x1b[${code}m${text}\x1b[0m`)
  return { bold: style(1), red: style(31), green: style(32), yellow: style(33) }
}
