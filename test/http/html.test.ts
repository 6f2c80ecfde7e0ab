import { expect, test } from 'bun:test'
import { html } from '../../src/http/answer/html.ts'

test('a text is escaped, between tags and in an attribute', () => {
  const odd = `<b title="x" id='y'>&amp;</b>\\n$1`
  const escaped = '&lt;b title=&quot;x&quot; id=&apos;y&apos;&gt;&amp;amp;&lt;/b&gt;\\n$1'
  expect(String(html`<p title="${odd}">${odd}</p>`)).toBe(`<p title="${escaped}">${escaped}</p>`)
})

test('HTML stays as it is, one piece a line', () => {
  const items = ['<', '>'].map((name) => html`<li>${name}</li>`)
  expect(String(html`<ul>${items}</ul>${html`<hr>`}`)).toBe('<ul><li>&lt;</li>\n<li>&gt;</li></ul><hr>')
  expect(String(html`<ul>${[]}</ul>`)).toBe('<ul></ul>')
})
