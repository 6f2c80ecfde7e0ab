import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { formPostScript, renderFormPostPage } from '../../src/pages/form-post-page.ts'
import { locales } from '../../src/protocol/people/locales.ts'
import {
  attacks,
  hostile,
  long,
  renderSamples,
  type SampleData,
  typical,
  typicalFrame,
} from './sample-views.ts'

/** Bytes of the largest page. */
const largestPage = 30 * 1024

interface Element {
  readonly tag: string
  readonly attributes: ReadonlyMap<string, string>
}

/** The elements of a page, by a parser of other people: that of Bun. */
async function parse(page: string): Promise<Element[]> {
  const elements: Element[] = []
  const rewriter = new HTMLRewriter().on('*', {
    element: ({ tagName, attributes }) => {
      elements.push({
        tag: tagName,
        attributes: new Map([...attributes].map(([name, value]) => [name ?? '', value ?? ''])),
      })
    },
  })
  await rewriter.transform(new Response(page, { headers: { 'Content-Type': 'text/html' } })).text()
  return elements
}

const samples = [...renderSamples(typical)].map(([name, page]) => ({ name, page: String(page) }))

describe.each(samples)('$name', ({ page }) => {
  test('says its language, has one h1, and loads one stylesheet and nothing else', async () => {
    const elements = await parse(page)
    const tags = (tag: string) => elements.filter((element) => element.tag === tag)
    expect(tags('html').map(({ attributes }) => attributes.get('lang'))).toEqual(['en'])
    expect(tags('h1').length).toBe(1)
    const [icon = '', ...others] = tags('link').map(({ attributes }) => attributes.get('href'))
    expect([icon.slice(0, 19), others]).toEqual(['data:image/svg+xml,', ['/style.css']])
    expect(elements.filter(({ tag, attributes }) => tag !== 'link' && attributes.has('src'))).toEqual([])
  })

  test('has no inline style and no handler, and no script but that of form_post', async () => {
    const elements = await parse(page)
    const inline = elements.filter(({ attributes }) =>
      [...attributes.keys()].some((name) => name === 'style' || name.startsWith('on')),
    )
    expect(inline).toEqual([])
    const scripts = elements.filter(({ tag }) => ['style', 'script', 'iframe', 'object'].includes(tag))
    expect(scripts.map(({ tag }) => tag)).toEqual(page.includes(formPostScript) ? ['script'] : [])
  })

  test('has a CSRF token in each form that posts to this server', () => {
    const forms = page.match(/<form[\s\S]*?<\/form>/g) ?? []
    const own = forms.filter((form) => !form.includes('action="https://app.example.com/callback"'))
    expect(own.filter((form) => !form.includes(`name="csrf" value="${typical.value}"`))).toEqual([])
    expect(own.filter((form) => !form.startsWith('<form method="post" action="/api/'))).toEqual([])
  })

  test('has a label for each input that is seen, and ids that are there once', async () => {
    const elements = await parse(page)
    const seen = elements.filter(
      ({ tag, attributes }) =>
        tag === 'input' && attributes.get('type') !== 'hidden' && !attributes.has('hidden'),
    )
    const labels = elements
      .filter(({ tag }) => tag === 'label')
      .map(({ attributes }) => attributes.get('for'))
    expect(seen.map(({ attributes }) => attributes.get('id'))).toEqual(labels)
    const ids = elements.flatMap(({ attributes }) => attributes.get('id') ?? [])
    expect(ids).toEqual([...new Set(ids)])
    const described = elements.flatMap(({ attributes }) => [
      ...(attributes.get('aria-describedby')?.split(' ') ?? []),
      ...(attributes.get('aria-labelledby')?.split(' ') ?? []),
    ])
    expect(described.filter((id) => !ids.includes(id))).toEqual([])
  })
})

test('a page is smaller than 30 KB, whatever a typical and a long name are', () => {
  const sizes = [typical, long].flatMap((data) =>
    [...renderSamples(data)].map(([name, page]) => ({
      name,
      size: new TextEncoder().encode(String(page)).length,
    })),
  )
  expect(sizes.filter(({ size }) => size >= largestPage)).toEqual([])
})

/** The elements and attributes of every page, without the values of attributes: what data must not change. */
async function outlineOf(data: SampleData): Promise<string[]> {
  const outlines: string[] = []
  for (const [name, page] of renderSamples(data)) {
    const elements = await parse(String(page))
    const tags = elements.map(({ tag, attributes }) => `${tag} ${[...attributes.keys()].join(' ')}`)
    outlines.push(`${name}: ${tags.join(', ')}`)
  }
  return outlines
}

describe('data', () => {
  test.each(attacks)('does not leave its place: attack %#', async (attack) => {
    expect(await outlineOf(hostile(attack))).toEqual(await outlineOf(hostile('plain')))
  })

  test('does not leave its place, whatever characters it has', async () => {
    const plain = await outlineOf(hostile('plain'))
    const piece = fc.constantFrom(
      '<',
      '>',
      '"',
      "'",
      '&',
      '`',
      '=',
      '/',
      '-',
      '!',
      ' ',
      '\n',
      '\t',
      'script',
      'onload',
      '--',
      ']]>',
      '\u0000',
    )
    const text = fc.array(fc.oneof(piece, fc.string({ unit: 'binary' })), { minLength: 1, maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(text, async (pieces) => {
        expect(await outlineOf(hostile(`a${pieces.join('')}`))).toEqual(plain)
      }),
      { numRuns: 20 },
    )
  })

  test('a URL with a scheme that could run a script is no link', () => {
    const bad = 'javascript:alert(1)//https://x.example'
    const frame = {
      ...typicalFrame,
      termsUrl: bad,
      privacyUrl: 'data:text/html,x',
      helpUrl: '//evil.example',
    }
    const pages = [...renderSamples({ ...typical, frame }).values()].join('')
    expect([pages.includes(bad), pages.includes('data:text'), pages.includes('//evil')]).toEqual([
      false,
      false,
      false,
    ])
  })
})

describe('languages', () => {
  test.each(locales)('%s has every page, without a text of another language', (locale) => {
    const pages = [...renderSamples({ ...typical, frame: { ...typicalFrame, locale } }).values()].map(String)
    expect(pages.every((page) => page.includes(`<html lang="${locale}">`))).toBe(true)
    expect(pages.filter((page) => /undefined|\[object|function/.test(page))).toEqual([])
  })

  test('no sentence of a language is that of another one, but for words that both have', () => {
    const wordsOf = (locale: (typeof locales)[number]) =>
      new Set(
        [...renderSamples({ ...typical, frame: { ...typicalFrame, locale } }).values()].flatMap((page) =>
          [...String(page).matchAll(/>([^<>]{12,})</g)].map(([, text = '']) => text.trim()),
        ),
      )
    const data = new Set([
      'ada@example.com',
      'Ada Lovelace',
      'Acme Travel',
      'travel.acme.example',
      'See your trips',
    ])
    const [english, german, spanish] = locales.map(wordsOf)
    const same = [...(english ?? [])].filter((text) => german?.has(text) || spanish?.has(text))
    const wire = [
      'invalid_request',
      'temporarily_unavailable',
      'server_error',
      'The redirect_uri is not one of this client',
      typicalFrame.requestId,
    ]
    expect(same.filter((text) => !data.has(text) && !wire.includes(text) && text !== formPostScript)).toEqual(
      [],
    )
  })
})

test('the script of form_post is in its page byte for byte, so that the hash of the policy fits', () => {
  const view = { frame: typicalFrame, action: 'https://app.example.com/', fields: {}, clientName: null }
  expect(String(renderFormPostPage(view))).toContain(`<script>${formPostScript}</script>`)
})
