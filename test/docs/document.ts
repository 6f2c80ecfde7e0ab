import { join, resolve } from 'node:path'
import { Glob } from 'bun'

export const root = resolve(import.meta.dir, '../..')

/** The documents for people, by their path from the root of the project. */
export const documents = ['README.md', ...new Glob('docs/*.md').scanSync(root)].sort()

/** The pages for operators. README.md does not list each of them. */
export const operations = [...new Glob('docs/operations/*.md').scanSync(root)].sort()

/**
 * A fenced block. The words after its language say what the tests do with it:
 * `sh run` is run; `sh run exit=1` ends with 1; `sh run server` is a server that runs on until the next
 * one, and `sh run server=4000` another one that the document prints with port 4000; `output` holds what the block before it prints; `file=NAME` is written to NAME; `not-ours` is YAML of another program.
 */
export interface Block {
  readonly line: number
  readonly language: string
  readonly words: readonly string[]
  readonly text: string
}

export function readDocument(path: string): Promise<string> {
  return Bun.file(join(root, path)).text()
}

export function findBlocks(text: string): Block[] {
  return [...text.matchAll(/^( *)```(\S+)?([^\n]*)\n([\s\S]*?)^ *```$/gm)].map((match) => {
    const [, indent = '', language = '', words = '', indented = ''] = match
    const body = indented.replaceAll(new RegExp(`^${indent}`, 'gm'), '')
    const line = text.slice(0, match.index).split('\n').length
    return { line, language, words: words.trim().split(/\s+/).filter(Boolean), text: body }
  })
}

/** The value of a word such as `file=verify.mjs`. */
export function wordOf(block: Block, name: string): string | undefined {
  return block.words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1)
}

/** The text without its blocks and code, for what is looked for in prose. */
export function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '')
}
