import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { Glob } from 'bun'
import { documents, findBlocks, readDocument, root, wordOf } from './document.ts'

const programs = join(root, 'test/interop/clients')

/** What stands between `snippet NAME` and `end` in the programs of other people's clients, by `LANGUAGE/NAME`. */
async function readSnippets(): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const path of new Glob('*/**/*').scanSync(programs)) {
    const text = await Bun.file(join(programs, path)).text()
    const [language = ''] = path.split('/')
    for (const [, name = '', body = ''] of text.matchAll(
      /^[ \t]*\S+ snippet (\S+)\n([\s\S]*?)\n\s*\S+ end$/gm,
    )) {
      found.set(`${language}/${name}`, withoutIndent(body))
    }
  }
  return found
}

function withoutIndent(text: string): string {
  const lines = text.replaceAll('\t', '  ').replace(/\s+$/, '').split('\n')
  const depths = lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/))
  const depth = Math.min(...depths)
  return `${lines.map((line) => line.slice(depth)).join('\n')}\n`
}

test('every snippet of a client is in a document as it is in the program that was run, and no other is', async () => {
  const shown = new Map<string, string>()
  for (const path of documents) {
    for (const block of findBlocks(await readDocument(path))) {
      const name = wordOf(block, 'snippet')
      if (name !== undefined) shown.set(name, block.text)
    }
  }
  const byName = (snippets: Map<string, string>) =>
    Object.fromEntries([...snippets].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  expect(shown.size).toBeGreaterThan(0)
  expect(byName(shown)).toEqual(byName(await readSnippets()))
})
