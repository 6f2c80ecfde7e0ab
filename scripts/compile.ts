import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface CompileOptions {
  readonly outfile: string
  /** Bun's name of a platform, for example `bun-linux-arm64`; without it, the platform of this machine. */
  readonly target?: string | undefined
}

/** The functions of a start, which are laid side by side; made by start-order.ts. */
export const startOrder = 'scripts/start-order.txt'

/** The program, and what its threads run. The first one is what the executable starts. */
const entrypoints = [
  'src/main.ts',
  'src/platform/bun/bun-password-thread.ts',
  'src/platform/openssl/openssl-thread.ts',
]

/** What an executable is made of: the files that are in it, as paths from the root of the project. */
export interface Compiled {
  readonly files: readonly string[]
}

/** Makes an executable of src/main.ts; throws when it cannot. */
export async function compile({ outfile, target }: CompileOptions): Promise<Compiled> {
  await mkdir(dirname(outfile), { recursive: true })
  const result = await Bun.build({
    entrypoints,
    format: 'esm',
    bytecode: true,
    // What is imported where it is wanted stays out of the start: each such part is a chunk of its own.
    splitting: true,
    metafile: true,
    throw: false,
    // Elysia reads the source text of handlers, so identifiers keep their names.
    minify: { whitespace: true, syntax: true, identifiers: false },
    define: { GRANTD_COMMIT: JSON.stringify(findCommit()) },
    compile: {
      outfile,
      // What lies in the folder where it is started must not change what it does.
      autoloadDotenv: false,
      autoloadBunfig: false,
      bytecodeOrder: startOrder,
      // See src/platform/eager-compilation.ts, which ends it.
      jitPolicy: 50,
      ...(target !== undefined && { target: target as Bun.Build.CompileTarget }),
    },
  })
  if (!result.success) throw new Error(result.logs.map(String).join('\n') || 'the build failed')
  return { files: Object.values(result.metafile?.outputs ?? {}).flatMap(({ inputs }) => Object.keys(inputs)) }
}

/** The commit that is built: from GRANTD_COMMIT, else from git, else `unknown`. */
function findCommit(): string {
  const given = process.env['GRANTD_COMMIT']
  if (given) return given
  // Where there is no git, as in the image that builds the container, spawning it throws.
  if (Bun.which('git') === null) return 'unknown'
  const git = Bun.spawnSync(['git', 'rev-parse', '--short=12', 'HEAD'], { stderr: 'ignore' })
  return git.success ? git.stdout.toString().trim() : 'unknown'
}
