import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { Glob } from 'bun'

const folder = import.meta.dir
const read = (file: string) => Bun.file(join(folder, file)).text()

test('the table of README.md has each test of the plans', async () => {
  const lines = (await read('README.md')).split('\n').filter((line) => line.includes('.test.ts | `'))
  const rows = lines.map((line) => line.split(' | ').slice(-2))
  for (const file of new Glob('*-plan{,s}.test.ts').scanSync(folder)) {
    const text = await read(file)
    const named = rows.flatMap(([of, name = '']) => (of === file ? [name.replace(/^`|` \|$/g, '')] : []))
    expect(named.filter((name) => !text.includes(`'${name}'`))).toEqual([])
    expect([file, named.length]).toEqual([file, text.match(/^ *test(?:\.each\b.*)?\(/gm)?.length ?? 0])
  }
})
