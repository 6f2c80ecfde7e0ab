import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { command, renderConfigReference } from '../../scripts/config-reference.ts'
import { faultsOf } from '../support/config-text.ts'
import { withTempFolder } from '../support/temp-folder.ts'
import { documents, findBlocks, readDocument } from './document.ts'

test('docs/configuration.md is what the schema says', async () => {
  const isFresh = (await readDocument('docs/configuration.md')) === renderConfigReference()
  expect(isFresh ? 'fresh' : `stale; make it again with: ${command}`).toBe('fresh')
})

/** What the examples name instead of holding a secret. */
const environment = {
  BILLING_SECRET: 'a-secret-of-the-documents',
  WEB_SECRET: 'a-secret-of-a-web-app',
  REPORTS_SECRET: 'another-secret',
  GRANTD_DB_PASSWORD: 'a-password-of-the-documents',
}

describe('every configuration in a document loads without faults', async () => {
  const examples = await Promise.all(
    documents.map(async (path) => {
      const blocks = findBlocks(await readDocument(path))
      return blocks
        .filter(({ language, words }) => language === 'yaml' && !words.includes('not-ours'))
        .map(({ line, text }) => [`${path}:${line}`, text] as const)
    }),
  )
  test.each(examples.flat())('%s', (_, text) =>
    withTempFolder(async (folder) => {
      await Bun.write(join(folder, 'admin-secret'), 'a-secret-of-an-admin')
      await Bun.write(join(folder, 'tenants.d/read.me'), '')
      expect(await faultsOf(text, { environment, folder })).toEqual([])
    }),
  )
})
