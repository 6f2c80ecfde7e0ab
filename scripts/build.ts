import { parseArgs } from 'node:util'
import { compile } from './compile.ts'

/** Builds the executable: `bun scripts/build.ts [--outfile dist/grantd] [--target bun-linux-x64]`. */
const { values } = parseArgs({
  options: { outfile: { type: 'string', default: 'dist/grantd' }, target: { type: 'string' } },
})

try {
  await compile(values)
  console.log(`built ${values.outfile}`)
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exit(1)
}
