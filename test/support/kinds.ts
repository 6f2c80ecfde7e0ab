import { join, resolve } from 'node:path'
import type { TSchema } from '@sinclair/typebox'
import { Glob } from 'bun'
import type { RecordKind } from '../../src/storage/storage.ts'

const src = resolve(import.meta.dir, '../../src')
const rowFiles = [...new Glob('**/*-row.ts').scanSync(src)].sort()
const modules: readonly Record<string, unknown>[] = await Promise.all(
  rowFiles.map((file) => import(join(src, file))),
)

/** Every kind of row, from the files `*-row.ts` of all rooms. */
export const allKinds = modules.flatMap((exported) => Object.values(exported).filter(isKind))

function isKind(value: unknown): value is RecordKind<TSchema> {
  return typeof value === 'object' && value !== null && 'name' in value && 'schema' in value
}
