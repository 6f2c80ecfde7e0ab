import { describe, expect, test } from 'bun:test'
import { readFile } from 'node:fs/promises'
import { findProblems } from '../../../src/pages/status/problems.ts'
import { renderStatusPage } from '../../../src/pages/status/status-page.ts'
import type { StatusView } from '../../../src/pages/status/status-view.ts'
import { sayBytes, saySince, saySpan } from '../../../src/pages/status/status-words.ts'
import { attacks } from '../sample-views.ts'
import { healthy, now, troubled } from './sample-status.ts'

const render = (view: StatusView) => String(renderStatusPage(view))

/** The tags of a page, by the parser of Bun. */
async function tagsOf(page: string): Promise<string[]> {
  const tags: string[] = []
  const rewriter = new HTMLRewriter().on('*', {
    element: ({ tagName, attributes }) => {
      tags.push(tagName, ...[...attributes].map(([name]) => `${tagName}@${name}`))
    },
  })
  await rewriter.transform(new Response(page, { headers: { 'Content-Type': 'text/html' } })).text()
  return tags
}

test('a server that is well says so, and what runs since when', () => {
  const page = render(healthy)
  expect(page).toContain('<title>grantd works</title>')
  expect(page).toContain('Everything works')
  expect(page).toContain(
    'up 3 days, since <time datetime="2026-11-26T15:04:05.000Z">2026-11-26 15:04:05 UTC</time>',
  )
  for (const shown of [
    '1.2.3',
    'abc1234',
    '4000',
    '4001',
    '4002',
    '96 MiB',
    '12,345',
    'a read takes 1.3 ms',
    'failures_per_client',
  ])
    expect(page).toContain(shown)
})

test('a server in trouble says what is wrong, and where the runbook helps', () => {
  const page = render(troubled)
  expect(page).toContain('<title>grantd: 7 problems</title>')
  for (const { text, section } of findProblems(troubled)) {
    expect(page).toContain(text)
    expect(page).toContain(`Runbook: ${section}`)
  }
  expect(page).toContain('1,500 times in a row')
})

test('nobody serves, and one process that cannot read, are problems too', () => {
  const silent = {
    ...healthy,
    processes: [],
    storage: { kind: 'sqlite', schema: 2, asked: 1, reachable: 0, latency: null, errors: 3, failedAt: now },
  }
  expect(findProblems(silent).map(({ text }) => text)).toEqual([
    'No process takes requests.',
    'The server could not read from the storage within a second.',
  ])
  expect(render(silent)).toContain('does not answer')
})

test('a storage that can be read and cannot be written, such as on a full disk, is a problem for a minute', () => {
  const failed = (failedAt: number): StatusView => ({
    ...healthy,
    storage: { kind: 'sqlite', schema: 2, asked: 1, reachable: 1, latency: 1, errors: 3, failedAt },
  })
  expect(findProblems(failed(now - 5000))).toEqual([
    { text: 'An operation of the storage failed 5 seconds ago.', section: 'The storage fails' },
  ])
  expect(render(failed(now - 5000))).toContain('card bad')
  expect(findProblems(failed(now - 60_000))).toEqual([])
  expect(render(failed(now - 60_000))).not.toContain('card bad')
})

test('every problem names a heading of the runbook', async () => {
  const runbook = await readFile('docs/operations/runbook.md', 'utf8')
  const headings = [...runbook.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)
  const all = [...findProblems(troubled), ...findProblems({ ...healthy, processes: [] })]
  for (const { section } of all) expect(headings).toContain(section)
})

describe.each([healthy, troubled])('page %#', (view) => {
  test('has one h1, one stylesheet, no script, no inline style, no handler and no form', async () => {
    const tags = await tagsOf(render(view))
    expect(tags.filter((tag) => tag === 'h1')).toHaveLength(1)
    expect(tags.filter((tag) => ['script', 'style', 'iframe', 'form', 'img'].includes(tag))).toEqual([])
    expect(tags.filter((tag) => /@(?:style|on.*|src)$/.test(tag))).toEqual([])
  })
})

test.each(attacks.map((attack) => [attack]))(
  '%p in any text adds no tag and no attribute',
  async (attack) => {
    const attacked: StatusView = {
      ...troubled,
      build: { version: attack, commit: attack },
      storage: { kind: attack, schema: 2, asked: 1, reachable: 1, latency: 1, errors: 0, failedAt: null },
      queues: { [attack]: 1 },
      limits: { [attack]: attack },
      faults: troubled.faults.map((fault) => ({ ...fault, message: attack, facts: { [attack]: attack } })),
    }
    const plain: StatusView = {
      ...attacked,
      build: { version: 'x', commit: 'x' },
      storage: { kind: 'x', schema: 2, asked: 1, reachable: 1, latency: 1, errors: 0, failedAt: null },
      queues: { x: 1 },
      limits: { x: 'x' },
      faults: troubled.faults.map((fault) => ({ ...fault, message: 'x', facts: { x: 'x' } })),
    }
    expect(await tagsOf(render(attacked))).toEqual(await tagsOf(render(plain)))
  },
)

test.each([
  [0, '0 seconds'],
  [999, '0 seconds'],
  [1000, '1 second'],
  [61_000, '1 minute 1 second'],
  [3_600_000, '1 hour'],
  [3_601_000, '1 hour'],
  [90_061_000, '1 day 1 hour'],
  [-5, '0 seconds'],
])('%d milliseconds are %s', (milliseconds, words) => {
  expect(saySpan(milliseconds)).toBe(words)
})

test('words for small spans and for bytes', () => {
  expect([saySince(400), saySince(2000), sayBytes(96 * 1_048_576)]).toEqual([
    'just now',
    '2 seconds ago',
    '96 MiB',
  ])
  expect(new Date(now).toISOString()).toBe('2026-11-29T15:04:05.000Z')
})
