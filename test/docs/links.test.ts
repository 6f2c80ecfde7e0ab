import { expect, test } from 'bun:test'
import { dirname, join, relative } from 'node:path'
import { Glob } from 'bun'
import { documents, operations, readDocument, root, withoutCode } from './document.ts'

/** The anchors that a page makes of its headings. */
function anchorsOf(text: string): string[] {
  const headings = text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/^#+ +(.*)$/gm)
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

async function isBroken(from: string, target: string): Promise<boolean> {
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? from : relative(root, join(root, dirname(from), path))
  const there =
    (await Bun.file(join(root, file)).exists()) || [...new Glob(`${file}/*`).scanSync(root)].length > 0
  if (!there) return true
  return anchor !== undefined && !anchorsOf(await readDocument(file)).includes(anchor)
}

/** The pages beside README.md. */
const besides = ['ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md']

test.each([...documents, ...operations, ...besides])(
  'every link of %s to a file or a heading of ours leads somewhere',
  async (path) => {
    const links = withoutCode(await readDocument(path)).matchAll(/\]\(([^)\s]+)\)/g)
    const targets = [...links].map(([, target = '']) => target).filter((target) => !/^[a-z]+:/.test(target))
    const broken = await Promise.all(targets.map((target) => isBroken(path, target)))
    expect(targets.filter((_, index) => broken[index])).toEqual([])
  },
)

test('README links to every page of docs/', async () => {
  const readme = await readDocument('README.md')
  const pages = documents.filter((path) => path.startsWith('docs/'))
  expect(pages.filter((page) => !readme.includes(`](${page})`))).toEqual([])
})
