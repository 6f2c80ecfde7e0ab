import type { ErrorCode, YAMLParseError } from 'yaml'

export interface SyntaxFault {
  readonly at: number
  readonly message: string
}

/**
 * What is wrong, and the next step. The parser's own words quote the text after the fault, which may be a secret, and name things that only
 * its authors know, so these replace them.
 */
const words: Partial<Record<ErrorCode, string>> = {
  BAD_DQ_ESCAPE: 'a backslash in double quotes begins no known escape; put the text in single quotes',
  BAD_INDENT:
    'a line is not indented like its neighbours, or a bracket above is not closed; let all keys of one map begin in the same column',
  BAD_SCALAR_START: 'a value begins with a reserved character; put quotes around it',
  BLOCK_AS_IMPLICIT_KEY:
    'a key stands where a value has begun; indent the line below like its neighbours, or put quotes around a text with ": " in it',
  BLOCK_IN_FLOW: 'a list or map by lines stands inside { } or [ ]; write it with { } or [ ] too',
  MULTILINE_IMPLICIT_KEY: 'a key goes over several lines; look for a missing colon or quote above',
  MULTIPLE_DOCS: 'a second document begins; remove the --- and what follows, or join both',
  TAB_AS_INDENT: 'a tab indents the line; use spaces',
  UNEXPECTED_TOKEN:
    'something stands after the end of a value; put quotes around a text with { } [ ] , or # in it, and look for a missing colon or bracket',
}

/** Faults that stand for themselves. Others after the first mostly follow from it. */
const independent: readonly ErrorCode[] = ['BAD_DQ_ESCAPE', 'BAD_SCALAR_START', 'TAB_AS_INDENT']

/** The faults of a text that is not YAML: the first, and those after it that do not follow from it. */
export function explainSyntax(errors: readonly YAMLParseError[]): SyntaxFault[] {
  return errors
    .filter(({ code }, at) => at === 0 || independent.includes(code))
    .map(({ code, message, pos }) => ({
      at: pos[0],
      message: `the file is not valid YAML: ${say(code, message)}`,
    }))
}

function say(code: ErrorCode, message: string): string {
  const plain = message.replace(/\s+/g, ' ').trim()
  if (code === 'MISSING_CHAR') return `${plain}; look for it here and above`
  return words[code] ?? plain
}
