import { expect } from 'bun:test'
import { join, resolve } from 'node:path'

const folder = resolve(import.meta.dir, '../golden')

/** Compares a document with its golden file; UPDATE_GOLDEN=1 writes the file, for a person to read the difference. */
export async function expectGolden(name: string, text: string): Promise<void> {
  const path = join(folder, name)
  if (process.env['UPDATE_GOLDEN']) await Bun.write(path, text)
  expect(text).toBe(await Bun.file(path).text())
}
