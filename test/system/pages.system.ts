import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import axe from 'axe-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { type Preview, sampleNames, sampleSets, startPreview } from './pages/preview.ts'
import { openBrowser } from './swagger/page-kit.ts'

/**
 * The pages for people in a browser: pictures of all of them in dist/screenshots/pages, and the judgment of axe-core.
 * `PAGES="sign-in consent"` takes some of them alone.
 */

const folder = resolve(import.meta.dir, '../../dist/screenshots/pages')
const names = process.env['PAGES']?.split(' ') ?? sampleNames
const sets = process.env['SETS']?.split(' ') ?? Object.keys(sampleSets)

let preview: Preview
let browser: Browser

beforeAll(async () => {
  await mkdir(folder, { recursive: true })
  preview = startPreview()
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  await preview?.stop()
})

/** Calls `look` with each page, in one window. Fails if a page complains, runs a script of the data or asks for more than the stylesheet. */
async function visitAll(
  set: string,
  options: BrowserContextOptions,
  look: (page: Page, name: string) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => void complaints.push(message.text()))
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  preview.takePaths()
  for (const name of names) {
    await page.goto(`${preview.url}/${set}/${name}`)
    const loaded = preview.takePaths().filter((path) => !path.endsWith(name))
    expect([name, loaded.filter((path) => !path.endsWith('.css'))]).toEqual([name, []])
    // The page that posts itself has its script refused here, see preview.ts.
    if (name === 'form-post') complaints.splice(0)
    await look(page, name)
  }
  expect(complaints).toEqual([])
  await context.close()
}

const schemes = ['light', 'dark'] as const
const sizes = [
  { width: 390, height: 844 },
  { width: 1440, height: 900 },
] as const

describe.each(sets)('pages with %s data', (set) => {
  // The typical data in all four looks, the others in one or two. axe-core takes its time: it judges each scheme and each size once, and
  // the looks that differ from the typical ones in colors or in structure.
  const looks = schemes.flatMap((scheme) => sizes.map((size) => ({ scheme, size })))
  const pictured = { typical: [0, 1, 2, 3], accent: [1, 2] }[set] ?? [0]
  const judged = { typical: [0, 3], accent: [2], hostile: [0] }[set] ?? []

  const take = async (
    { scheme, size }: (typeof looks)[number],
    look: (page: Page, name: string) => unknown,
  ) => {
    await visitAll(set, { colorScheme: scheme, viewport: size }, async (page, name) => {
      const path = join(folder, `${set}-${name}-${size.width}-${scheme}.png`)
      await page.screenshot({ path, fullPage: true })
      await look(page, name)
    })
  }

  test.each(looks.filter((_, at) => judged.includes(at)))(
    'look right and satisfy axe-core: $scheme, $size.width pixels',
    (look) =>
      take(look, async (page, name) =>
        expect({ name, found: await judge(page) }).toEqual({ name, found: [] }),
      ),
    300_000,
  )

  test.each(looks.filter((_, at) => pictured.includes(at) && !judged.includes(at)))(
    'look right: $scheme, $size.width pixels',
    (look) => take(look, () => undefined),
    300_000,
  )

  test('scroll in one direction alone at 320 pixels, which is 1280 at 400 %', async () => {
    await visitAll(set, { viewport: { width: 320, height: 568 } }, async (page, name) => {
      const [seen, whole] = await page.evaluate(() => [innerWidth, document.documentElement.scrollWidth])
      expect([name, whole]).toEqual([name, seen])
    })
  })
})

test('with the colors of the system, buttons and inputs have edges', async () => {
  await visitAll('typical', { forcedColors: 'active', viewport: sizes[0] }, async (page, name) => {
    await page.screenshot({ path: join(folder, `forced-${name}.png`), fullPage: true })
    const bare = await page
      .locator('button, .button, input:not([type=hidden], [hidden])')
      .evaluateAll((all) =>
        all
          .filter((element) => {
            const { borderTopStyle, borderTopWidth } = getComputedStyle(element)
            return borderTopStyle === 'none' || Number.parseFloat(borderTopWidth) < 1
          })
          .map((element) => element.outerHTML),
      )
    expect({ name, bare }).toEqual({ name, bare: [] })
  })
})

test('Tab goes through a page in the order in which it is read, and each stop has an outline', async () => {
  await visitAll('typical', { viewport: sizes[1] }, async (page, name) => {
    const stops = page.locator('a[href], button, input:not([type=hidden], [hidden])')
    const places: number[] = []
    // Begins after the input that has the focus already, or at the top.
    const first = await stops.evaluateAll((all) => all.findLastIndex((each) => each.matches(':focus')) + 1)
    for (let at = first; at < (await stops.count()); at++) {
      await page.keyboard.press('Tab')
      const { top, outline } = await page.evaluate(() => {
        const stop = document.activeElement ?? document.body
        return {
          top: stop.getBoundingClientRect().top + scrollY,
          outline: getComputedStyle(stop).outlineStyle,
        }
      })
      expect([name, outline]).toEqual([name, 'solid'])
      places.push(Math.round(top))
    }
    expect([name, places]).toEqual([name, places.toSorted((a, b) => a - b)])
  })
})

/** What axe-core finds: rules of WCAG 2.2 AA and its best practices, each with the first element. */
async function judge(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate(() => Object(globalThis).axe.run())
  return violations.map(({ id, nodes }: axe.Result) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`)
}
