import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { Glob } from 'bun'
import { readDocument, root } from './document.ts'

const page = await readDocument('docs/troubleshooting.md')

async function readSources(...patterns: readonly string[]): Promise<string> {
  const paths = patterns.flatMap((pattern) => [...new Glob(pattern).scanSync(root)].sort())
  return (await Promise.all(paths.map((path) => Bun.file(join(root, path)).text()))).join('\n')
}

/** What a pattern's groups find, each without what is filled in, in pieces long enough to be looked for. */
function findPieces(source: string, pattern: RegExp): string[] {
  const texts = [...source.matchAll(pattern)].map(([, ...groups]) => groups.join(''))
  const pieces = texts.flatMap((text) => text.split(/\$\{[^}]*\}/)).map((piece) => piece.trim())
  return [...new Set(pieces)].filter((piece) => /[a-z]{3}/.test(piece))
}

const missingOf = (pieces: readonly string[]) => pieces.filter((piece) => !page.includes(piece))

test('every error_description of the server is in docs/troubleshooting.md', async () => {
  const source = await readSources('src/**/*.ts')
  const pieces = [
    ...findPieces(source, /new OAuthError\(\s*'\w+',\s*'([^']+)'/g),
    ...findPieces(source, /error_description: '([^']+)'/g),
    ...findPieces(source, /_credentials: '([^']+)'/g),
    ...findPieces(source, /new OAuthError\('invalid_token', '([^']+)'/g),
  ]
  expect(pieces).toContain('Client authentication failed')
  expect(pieces.length).toBeGreaterThan(20)
  expect(missingOf(pieces)).toEqual([])
})

test('every complaint about a key is in docs/troubleshooting.md', async () => {
  const source = await readSources('src/keys/**/*.ts')
  const pieces = [
    ...findPieces(source, /(?:refuse|new KeyMaterialError)\(\s*['`]([^'`]+)['`]/g),
    ...findPieces(source, /^\s+'((?:is|holds) (?:an? |encrypted)[^'`]+)',?/gm),
    ...findPieces(source, /\['[A-Z ]+', '([^']+)'\]/g),
    ...findPieces(source, /`\$\{complaintOf\(plan\)\}: \$\{[^}]+\}([^`]+)`/g),
  ]
  expect(pieces).toContain('holds a certificate, wanted the private key')
  expect(pieces.length).toBeGreaterThan(20)
  expect(missingOf(pieces)).toEqual([])
})

test('what is said of files that others reach is in docs/troubleshooting.md', async () => {
  const source = await readSources('src/**/*.ts')
  const pieces = findPieces(source, /(?:const complaint =|source\.warn\([^`]*)\s*`([^`]+)`/g)
  expect(pieces.length).toBeGreaterThan(8)
  expect(missingOf(pieces.map(withoutFrame))).toEqual([])
})

test('what is said of master keys, of rotation and of the clock is in docs/troubleshooting.md', async () => {
  const source = await readSources('src/{keys,maintenance}/**/*.ts')
  const pieces = [
    ...findPieces(source, /new (?:KeyError|MasterKeyError|RotationError)\(\s*`([^`]+)`/g),
    ...findPieces(source, /#distrust\('([^']+)'/g),
    ...findPieces(source, /attempt\(['`]([^'`]+)/g),
    ...findPieces(await readSources('src/server/**/*.ts'), /^ {2}\w+: '(a signing [^']+)'/gm),
  ]
  expect(pieces).toContain('a signing key signs no more')
  expect(pieces).toContain('the clock jumped')
  expect(pieces.length).toBeGreaterThan(15)
  expect(missingOf(pieces.map(withoutFrame))).toEqual([])
})

/** Without the colon or the quote that stands between a name that is filled in and the words. */
function withoutFrame(piece: string): string {
  return piece.replace(/^[':,; )}]+/, '')
}

test('what a command says when it fails or is used wrongly is in docs/troubleshooting.md', async () => {
  const source = await readSources('src/{commands,cli,offline,server,keys}/**/*.ts')
  const pieces = findPieces(
    source,
    /new (?:CommandError|UsageError|JwtMalformed)\(\s*(?:'([^']+)'|`([^`]+)`)/g,
  )
  expect(pieces.length).toBeGreaterThan(15)
  expect(missingOf(pieces)).toEqual([])
})

test('what is refused in a configuration is in docs/troubleshooting.md', async () => {
  const source = await readSources('src/config/**/*.ts')
  const pieces = [
    ...findPieces(source, /\b(?:refuse|warn|report)\((?:\s*(?:\[[^\]]*\]|\w+),)?\s*(?:'([^']+)'|`([^`]+)`)/g),
    ...findPieces(source, /message = '([^']+)'/g),
    ...findPieces(source, /fault: `([^`]+)`/g),
  ]
  expect(pieces).toContain('wants oauth2 beside it: who makes API keys needs an access token')
  expect(pieces.length).toBeGreaterThan(20)
  expect(missingOf(pieces.map(withoutFrame))).toEqual([])
})

test('what is wrong or doubtful about a secret is in docs/troubleshooting.md', async () => {
  const source = await readSources('src/config/**/*.ts')
  const pieces = [
    ...findPieces(source, /\/[iu]*,\s+'([^'\n]+)',?\s*\]/g),
    ...findPieces(source, /return '(is [^'\n]+)'/g),
  ]
  expect(pieces).toContain('is white space alone')
  expect(pieces).toContain('is a hash, wanted the secret itself; a hash goes into secret_hash')
  expect(pieces.length).toBeGreaterThan(10)
  expect(missingOf(pieces)).toEqual([])
})

test('what is said of a database is in docs/troubleshooting.md', async () => {
  const source = await readSources('src/storage/**/*.ts')
  const pieces = [
    ...findPieces(source, /new Storage(?:Refused)?Error\(\s*`([^`]+)`/g),
    ...findPieces(source, /\brefuse\(\s*['`]([^'`]+)['`]/g),
    ...findPieces(source, /const (?:\w*NextStep\w*|nextStep\w+|away|access|busy) =\s*'([^']+)'/g),
    ...findPieces(
      source,
      /^ {2}\S+: [`']((?:[^'`\n]*; |restore|make room|give |name |raise |create |let |wait |where |look )[^'`]+)[`'],$/gm,
    ),
  ]
  expect(pieces).toContain('look at the user in the URL and at its password')
  expect(pieces.length).toBeGreaterThan(25)
  expect(missingOf(pieces.map(withoutFrame))).toEqual([])
})

test('every warning and every error that is logged is in docs/troubleshooting.md', async () => {
  const source = await readSources('src/**/*.ts')
  const pieces = findPieces(source, /\blog\(\s*'(?:warn|error)',\s*['`]([^'`]+)['`]/g)
  expect(pieces).toContain('stopped with requests in flight')
  expect(missingOf(pieces)).toEqual([])
})
