import { type Claim, results } from './claims.ts'

const words: Readonly<Record<Claim['result'], string>> = {
  works: 'works',
  setting: 'with a setting',
  fails: '**does not**',
}

const header =
  '| client | version | what it did | result | the setting, or why not |\n| --- | --- | --- | --- | --- |'

/** The part of docs/interop.md that a run of `language` writes; undefined when the document has none. */
export function findTable(document: string, language: string): string | undefined {
  const { start, end } = markersOf(language)
  const from = document.indexOf(start)
  const to = document.indexOf(end)
  return from < 0 || to < from ? undefined : document.slice(from + start.length, to)
}

export function replaceTable(document: string, language: string, claims: readonly Claim[]): string {
  const found = findTable(document, language)
  const { start, end } = markersOf(language)
  if (found === undefined) throw new Error(`docs/interop.md has no ${start} ... ${end}`)
  return document.replace(`${start}${found}${end}`, () => `${start}\n\n${renderTable(claims)}\n\n${end}`)
}

function markersOf(language: string) {
  return { start: `<!-- interop:${language} -->`, end: `<!-- /interop:${language} -->` }
}

export function renderTable(claims: readonly Claim[]): string {
  const rows = claims.map((claim) => {
    const { client, version, does, result, setting, why } = claim
    const detail = result === 'works' ? '' : result === 'setting' ? setting : why
    return `| ${[client, version, does, words[result], detail].map(escapeCell).join(' | ')} |`
  })
  return [header, ...rows].join('\n')
}

/** The claims of a table that {@link renderTable} wrote. */
export function parseTable(table: string): Claim[] {
  const rows = table.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| client |'))
  return rows.flatMap((row) => {
    const [client = '', version = '', does = '', word = '', detail = ''] = row
      .slice(2, -2)
      .split(/ \| /)
      .map((cell) => cell.replaceAll('\\|', '|').trim())
    const result = results.find((name) => words[name] === word)
    if (!result) return []
    const setting = result === 'setting' ? detail : ''
    return [{ client, version, does, result, setting, why: result === 'fails' ? detail : '' }]
  })
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
