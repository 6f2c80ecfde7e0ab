import { expect, test } from 'bun:test'
import { type Block, findBlocks, readDocument, wordOf } from './docs/document.ts'
import { findMissing } from './docs/normalize.ts'
import { DocumentShell, grantdPort } from './docs/shell.ts'
test('doc', async () => {
  const path = 'docs/admin-api.md'
  const blocks = findBlocks(await readDocument(path)).filter(({words}: Block) => words.includes('run')||words.includes('output')||words.some(w=>w.startsWith('file=')))
  const shell = await DocumentShell.open(); const wrong: string[] = []
  let last
  for (const block of blocks) {
    const place = path+':'+block.line
    if (block.words.includes('output')) { wrong.push(...findMissing(block.text, last?.output ?? '').map(t=>place+'\n'+t)); continue }
    const file = wordOf(block,'file')
    if (file) { await shell.write(file, block.text); continue }
    last = block.words.some(w=>w.startsWith('server')) ? await shell.serve(block.text, grantdPort) : await shell.run(block.text)
    if (last.code !== 0) wrong.push(place+' code '+last.code+'\n'+last.output)
  }
  await shell.close()
  expect(wrong.join('\n\n')).toBe('')
}, 60000)
