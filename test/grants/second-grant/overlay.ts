import { join } from 'node:path'
import { plugin } from 'bun'

const src = join(import.meta.dir, '../../../src')

/** The lines that a second grant and a further token need in the tables of the product, besides their imports. */
const lines = [
  {
    file: 'protocol/grant-types.ts',
    before: '] as const',
    line: "'urn:example:grant-type:voucher',",
    imports: '',
  },
  {
    file: 'grants/grant-table.ts',
    before: '}\n\nconst byType',
    line: "'urn:example:grant-type:voucher': voucherGrant,",
    imports: `import { voucherGrant } from '${join(import.meta.dir, 'voucher-grant.ts')}'`,
  },
  {
    file: 'tokens/further-tokens.ts',
    before: '}\n\n/** The further tokens of an authorization',
    line: 'receipt: receiptToken,',
    imports: `import { receiptToken } from '${join(import.meta.dir, 'further-token.ts')}'`,
  },
]

/** Preloaded: the product as it is, with these lines. */
plugin({
  name: 'second-grant',
  setup: (build) => {
    build.onLoad({ filter: /(?:grant-types|grant-table|further-tokens)\.ts$/ }, async ({ path }) => {
      const text = await Bun.file(path).text()
      const added = lines.find(({ file }) => join(src, file) === path)
      if (!added) return { contents: text, loader: 'ts' }
      const { before, line, imports } = added
      if (text.split(before).length !== 2) throw new Error(`${path} has no one place for a line of the table`)
      return { contents: `${imports}\n${text.replace(before, `${line}\n${before}`)}`, loader: 'ts' }
    })
  },
})
