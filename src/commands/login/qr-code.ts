import type { StyleHost } from '../../cli/style.ts'

/** Modules around the code that stay light. The standard wants four; two are enough for the cameras of phones. */
const margin = 2

/**
 * Draws a QR code with block characters, two rows of modules in one line. Light modules are drawn, because most terminals are dark; in
 * colour, the background is black whatever the terminal has. The import is here so that no other command loads the package.
 */
export async function renderQrCode(text: string, { isColoured }: { isColoured: boolean }): Promise<string> {
  const { default: qrcode } = await import('qrcode-generator')
  const code = qrcode(0, 'L')
  code.addData(text)
  code.make()
  const size = code.getModuleCount()
  const isDark = (row: number, column: number) =>
    row >= 0 && column >= 0 && row < size && column < size && code.isDark(row, column)
  const lines: string[] = []
  for (let row = -margin; row < size + margin; row += 2) {
    let line = ''
    for (let column = -margin; column < size + margin; column++) {
      line += blockOf({ upper: !isDark(row, column), lower: !isDark(row + 1, column) })
    }
    lines.push(isColoured ? `\x1b[97;40m${line}\x1b[0m` : line)
  }
  return `${lines.join('\n')}\n`
}

function blockOf({ upper, lower }: { upper: boolean; lower: boolean }): string {
  if (upper) return lower ? '█' : '▀'
  return lower ? '▄' : ' '
}

/** Whether a terminal shows colours; see stylesFor of cli/style.ts. */
export function showsColours({ isTerminal, environment }: StyleHost): boolean {
  return isTerminal && !environment('NO_COLOR') && environment('TERM') !== 'dumb'
}
