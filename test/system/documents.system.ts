import { expect, test } from 'bun:test'
import { type Block, documents, findBlocks, operations, readDocument, wordOf } from '../docs/document.ts'
import { findMissing } from '../docs/normalize.ts'
import { DocumentShell, grantdPort, type Ran } from '../docs/shell.ts'

const isActive = ({ words }: Block) =>
  words.includes('run') || words.includes('output') || words.some((word) => word.startsWith('file='))

/** Does what the block asks for, and answers what it printed, where it prints. */
async function play(block: Block, shell: DocumentShell): Promise<Ran | undefined> {
  const file = wordOf(block, 'file')
  if (file !== undefined) {
    await shell.write(file, block.text)
    return undefined
  }
  const isServer = block.words.some((word) => word.startsWith('server'))
  return isServer ? shell.serve(block.text, wordOf(block, 'server') ?? grantdPort) : shell.run(block.text)
}

test.each([...documents, ...operations])(
  'every runnable block of %s runs, in order, and prints what the document says',
  async (path) => {
    const blocks = findBlocks(await readDocument(path)).filter(isActive)
    if (!blocks.some(({ words }) => words.includes('run'))) return
    const shell = await DocumentShell.open()
    const wrong: string[] = []
    try {
      let last: Ran | undefined
      for (const block of blocks) {
        const place = `${path}:${block.line}`
        if (block.words.includes('output')) {
          wrong.push(...findMissing(block.text, last?.output ?? '').map((text) => `${place}\n${text}`))
          continue
        }
        last = await play(block, shell)
        const wanted = Number(wordOf(block, 'exit') ?? 0)
        if (last && last.code !== wanted) wrong.push(`${place} ended with ${last.code}\n${last.output}`)
      }
    } finally {
      await shell.close()
    }
    expect(wrong.join('\n\n')).toBe('')
  },
)
