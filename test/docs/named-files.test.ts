import { expect, test } from 'bun:test'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Glob } from 'bun'
import { readDocument, root } from './document.ts'

const rooms = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory())

/** Each document about the code, with the folders that its file names start from. */
const guides: readonly (readonly [path: string, ...folders: string[]])[] = [
  ['ARCHITECTURE.md', 'src', '.'],
  ['docs/recipes.md', 'src', '.'],
  ['CONTRIBUTING.md', '.'],
  ['SECURITY.md', '.'],
  ...rooms.map(({ name }) => [`src/${name}/README.md`, `src/${name}`, 'src', '.'] as const),
]

/**
 * Files and folders in code spans, such as `ring/` and `http/answer/*.ts`, and files in the map. NAME and ROOM stand for what the
 * reader chooses.
 */
function findNames(text: string): string[] {
  const spans = [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g)].map(
    ([, span = '']) => span,
  )
  const names = spans.filter((span) => /^[\w./*-]+(?:\.(?:ts|json|txt|md)|\/)$/.test(span))
  const [, map = ''] = /^```\nsrc\/\n([\s\S]*?)^```$/m.exec(text) ?? []
  const inMap = map.match(/[\w/*-]+\.ts\b/g) ?? []
  return [...new Set([...names, ...inMap])].filter((name) => !/NAME|ROOM/.test(name) && !/^[./]/.test(name))
}

/** The name of a file is unique in src, so that it needs no folder inside its room. */
function isThere(name: string, folders: readonly string[]): boolean {
  const near = name.endsWith('.test.ts') ? 'test' : (folders[0] ?? '.')
  if (!name.includes('/') && findFiles(`**/${name}`, near).length > 0) return true
  return folders.some((folder) =>
    name.includes('*') ? findFiles(name, folder).length > 0 : existsSync(join(root, folder, name)),
  )
}

function findFiles(pattern: string, folder: string): string[] {
  const files = [...new Glob(pattern).scanSync(join(root, folder))]
  return files.filter((file) => !file.includes('node_modules/'))
}

test.each(guides)('every file that %s names is there', async (path, ...folders) => {
  const names = findNames(await readDocument(path))
  expect(names.filter((name) => !isThere(name, folders))).toEqual([])
})
