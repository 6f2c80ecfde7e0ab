import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Claim, findBetter, findWorse, parseClaims } from './claims.ts'
import { startServers } from './servers.ts'
import { findTable, parseTable, replaceTable } from './table.ts'

/**
 * `bun test/interop/clients/main.ts [--write] [LANGUAGE ...]`: runs other people's clients against grantd, compares what they say with
 * docs/interop.md, and fails where something is worse. `--write` writes the tables.
 */

const root = resolve(import.meta.dir, '../../..')
const documentPath = join(root, 'docs/interop.md')

/** Each has a folder here with a run.sh. */
const languages = [
  ...['node', 'python', 'go', 'go-servers', 'java', 'rust', 'debian'],
  ...['people/node', 'people/python', 'people/go', 'people/java', 'people/debian'],
] as const
type Language = (typeof languages)[number]

/** Milliseconds that one language may take, with its build. */
const mostTime = 25 * 60_000

async function runLanguage(language: Language, env: Readonly<Record<string, string>>): Promise<Claim[]> {
  const build = join(root, 'dist/interop', language)
  await mkdir(build, { recursive: true })
  const started = performance.now()
  const child = Bun.spawn(['sh', join(import.meta.dir, language, 'run.sh')], {
    cwd: join(import.meta.dir, language),
    env: { ...process.env, ...env, INTEROP_BUILD: build },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'inherit',
    timeout: mostTime,
  })
  const { claims, others } = parseClaims(await new Response(child.stdout).text())
  for (const line of others) console.log(`  ${line}`)
  const code = await child.exited
  console.log(`${language}: ${claims.length} claims in ${Math.round((performance.now() - started) / 1000)} s`)
  if (code !== 0) console.log(`${language}: run.sh ended with ${code}`)
  return claims
}

/** Prints what changed in one language; answers whether something is worse. */
function compare(language: Language, document: string, claims: readonly Claim[]): boolean {
  const committed = parseTable(findTable(document, language) ?? '')
  const worse = findWorse(committed, claims)
  for (const line of worse) console.error(`worse: ${line}`)
  for (const line of findBetter(committed, claims)) console.log(`not in docs/interop.md: ${line}`)
  return worse.length > 0 || claims.length === 0
}

async function main(args: readonly string[]): Promise<number> {
  const named = args.filter((arg) => !arg.startsWith('--'))
  const wanted = languages.filter((language) => named.length === 0 || named.includes(language))
  if (wanted.length < named.length) throw new Error(`Languages are ${languages.join(', ')}; got ${named}`)
  const folder = await mkdtemp(join(tmpdir(), 'grantd-interop-'))
  const servers = await startServers(folder)
  let isWorse = false
  try {
    for (const language of wanted) {
      const claims = await runLanguage(language, servers.env)
      const document = await Bun.file(documentPath).text()
      isWorse = compare(language, document, claims) || isWorse
      if (args.includes('--write')) await Bun.write(documentPath, replaceTable(document, language, claims))
    }
  } finally {
    await servers.stop()
    await rm(folder, { recursive: true, force: true })
  }
  return isWorse ? 1 : 0
}

process.exitCode = await main(process.argv.slice(2))
