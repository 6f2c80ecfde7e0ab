import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'

/**
 * Builds the executable: `bun scripts/build.ts [--outfile dist/grantd] [--target bun-linux-x64]`.
 * The commit comes from GRANTD_COMMIT, else from git, else it is `unknown`.
 */
const { values } = parseArgs({
  options: { outfile: { type: 'string', default: 'dist/grantd' }, target: { type: 'string' } },
})

await mkdir(dirname(values.outfile), { recursive: true })
const result = await Bun.build({
  entrypoints: ['src/main.ts'],
  format: 'esm',
  bytecode: true,
  // Elysia reads the source text of handlers, so identifiers keep their names.
  minify: { whitespace: true, syntax: true, identifiers: false },
  define: { GRANTD_COMMIT: JSON.stringify(findCommit()) },
  compile: {
    outfile: values.outfile,
    // What lies in the folder where it is started must not change what it does.
    autoloadDotenv: false,
    autoloadBunfig: false,
    ...(values.target !== undefined && { target: values.target as Bun.Build.CompileTarget }),
  },
})
for (const message of result.logs) console.error(String(message))
if (!result.success) process.exit(1)
console.log(`built ${values.outfile}`)

function findCommit(): string {
  const given = process.env['GRANTD_COMMIT']
  if (given) return given
  const git = Bun.spawnSync(['git', 'rev-parse', '--short=12', 'HEAD'], { stderr: 'ignore' })
  return git.success ? git.stdout.toString().trim() : 'unknown'
}
