import type { Platform } from '../platform/platform.ts'

type Style = (text: string) => string

/** Styles for standard output: plain text unless it is a terminal and NO_COLOR is not set (no-color.org). */
export function stylesFor(
  platform: Pick<Platform, 'isTerminal' | 'environment'>,
): Record<'bold' | 'red' | 'green' | 'dim', Style> {
  const isPlain =
    !platform.isTerminal ||
    Boolean(platform.environment('NO_COLOR')) ||
    platform.environment('TERM') === 'dumb'
  const style = (code: number): Style => (isPlain ? (text) => text : (text) => `\x1b[${code}m${text}\x1b[0m`)
  return { bold: style(1), red: style(31), green: style(32), dim: style(2) }
}
