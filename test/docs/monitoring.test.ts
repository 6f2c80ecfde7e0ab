import { describe, expect, test } from 'bun:test'
import { parse } from 'yaml'
import { families } from '../../src/metrics/metric-families.ts'
import { readDocument } from './document.ts'

const names = families.map(({ name }) => name)

interface Alert {
  readonly alert?: string
  readonly expr: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

async function readRules(): Promise<readonly Alert[]> {
  const { groups } = parse(await readDocument('deploy/prometheus/alerts.yaml'))
  return groups.flatMap(({ rules }: { rules: Alert[] }) => rules)
}

/** The metrics that expressions name and that the server does not have. */
function unknownIn(expressions: readonly string[]): string[] {
  const named = expressions.flatMap((text) => text.match(/(?<!:)\b(?:grantd|process)_\w+/g) ?? [])
  return named.filter(
    (name) => !names.includes(name.replace(/_(?:bucket|sum|count)$/, '')) && !names.includes(name),
  )
}

test('docs/operations/monitoring.md has every metric and no other', async () => {
  const text = await readDocument('docs/operations/monitoring.md')
  const [, table = ''] = /^\| metric \| labels \|\n((?:\|.*\n)+)/m.exec(text) ?? []
  const shown = [...table.matchAll(/`((?:grantd|process)_[a-z_]+)`/g)].map(([, name]) => name)
  expect(shown.sort()).toEqual(names.toSorted())
})

test('each metric has a name with a base unit, `_total` where it counts, and a help of one line', () => {
  for (const { name, type, help } of families) {
    expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter'])
    if (type === 'histogram') expect(name).toEndWith('_seconds')
    expect(name).not.toMatch(/_(?:ms|milliseconds|minutes|kb|mb)(?:_|$)/)
    expect(help).toMatch(/^[A-Z0-9][^\n\\]+[^.]$/)
  }
})

describe('alerts', () => {
  test('each has a severity, a summary, a description, and the paragraph of the runbook that names it', async () => {
    const runbook = await readDocument('docs/operations/runbook.md')
    const paragraphs = runbook.split(/^(?=## )/m).slice(1)
    const anchorOf = (paragraph: string) =>
      (paragraph.split('\n')[0] ?? '')
        .slice(3)
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-')
    for (const { alert, labels, annotations } of await readRules()) {
      if (alert === undefined) continue
      expect([alert, ['critical', 'warning'].includes(labels?.['severity'] ?? '')]).toEqual([alert, true])
      expect([alert, annotations?.['summary'], annotations?.['description']]).not.toContain(undefined)
      const [file, anchor] = annotations?.['runbook_url']?.split('#') ?? []
      expect(file).toBe('docs/operations/runbook.md')
      const paragraph = paragraphs.find((each) => anchorOf(each) === anchor)
      expect([alert, paragraph?.includes(alert) ?? false]).toEqual([alert, true])
    }
  })

  test('the runbook names no alert that there is not, and each alert has a test of promtool', async () => {
    const alerts = (await readRules()).flatMap(({ alert }) => alert ?? [])
    const runbook = await readDocument('docs/operations/runbook.md')
    const named = new Set(runbook.match(/\bGrantd[A-Z]\w+/g))
    expect([...named].sort()).toEqual(alerts.toSorted())
    const tested = await readDocument('deploy/prometheus/alerts.test.yaml')
    expect(alerts.filter((alert) => !tested.includes(`alertname="${alert}"`))).toEqual([])
  })

  test('they ask for metrics that there are', async () => {
    expect(unknownIn((await readRules()).map(({ expr }) => expr))).toEqual([])
  })
})

describe('the dashboard', () => {
  const read = async () => JSON.parse(await readDocument('deploy/grafana/grantd.json'))

  test('asks for metrics that there are', async () => {
    const { panels } = await read()
    const expressions = panels.flatMap(({ targets = [] }: { targets?: { expr: string }[] }) =>
      targets.map(({ expr }) => expr),
    )
    expect(unknownIn(expressions)).toEqual([])
  })

  test('has panels with ids of their own that do not overlap and fit into 24 columns', async () => {
    const { panels } = await read()
    const ids = panels.map(({ id }: { id: number }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const cells = new Set<string>()
    for (const { gridPos, title } of panels) {
      expect([title, gridPos.x + gridPos.w <= 24]).toEqual([title, true])
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect([title, cells.has(`${x} ${y}`)]).toEqual([title, false])
          cells.add(`${x} ${y}`)
        }
      }
    }
  })
})
