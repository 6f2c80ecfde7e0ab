import { decodeHTML } from 'entities'

/** One field of a form, as the page has it. */
export interface Field {
  readonly name: string
  readonly type: string
  readonly value: string
  readonly isChecked: boolean
}

/** A form of a page. */
export interface Form {
  /** As it stands in the page; empty: the URL of the page itself. */
  readonly action: string
  readonly method: 'GET' | 'POST'
  readonly fields: readonly Field[]
  /** What submits it; `name` is empty for a button that sends nothing of its own. */
  readonly buttons: readonly Field[]
}

export interface Link {
  readonly href: string
  readonly text: string
}

/** What a test asks of an HTML page. */
export interface PageContent {
  readonly title: string
  readonly lang: string
  readonly forms: readonly Form[]
  readonly links: readonly Link[]
  /** What a person reads, white space folded; without scripts and styles. */
  readonly text: string
}

interface Draft {
  title: string
  lang: string
  forms: { action: string; method: 'GET' | 'POST'; fields: Field[]; buttons: Field[] }[]
  links: { href: string; text: string }[]
  text: string
}

/** Reads a page by the HTML parser of the runtime, which leaves character references to its caller. */
export function readPage(markup: string): PageContent {
  const draft: Draft = { title: '', lang: '', forms: [], links: [], text: '' }
  const rewriter = new HTMLRewriter()
  rewriter.on('html', {
    element: (element) => {
      draft.lang = attributeOf(element, 'lang')
    },
  })
  readForms(rewriter, draft)
  readTexts(rewriter, draft)
  rewriter.transform(markup)
  return {
    ...draft,
    title: plain(draft.title),
    links: draft.links.map(({ href, text }) => ({ href, text: plain(text) })),
    text: plain(draft.text),
  }
}

function readForms(rewriter: HTMLRewriter, draft: Draft): void {
  const form = () => draft.forms.at(-1)
  rewriter.on('form', {
    element: (element) => {
      const method = attributeOf(element, 'method').toUpperCase() === 'POST' ? 'POST' : 'GET'
      draft.forms.push({ action: attributeOf(element, 'action'), method, fields: [], buttons: [] })
    },
  })
  rewriter.on('form input, form select, form textarea', {
    element: (element) => {
      const field = fieldOf(element)
      if (field.type === 'submit') form()?.buttons.push(field)
      else if (field.name !== '') form()?.fields.push(field)
    },
  })
  rewriter.on('form button', {
    element: (element) => {
      const field = fieldOf(element)
      if (field.type === 'submit' || !element.hasAttribute('type')) form()?.buttons.push(field)
    },
  })
}

function readTexts(rewriter: HTMLRewriter, draft: Draft): void {
  let silent = 0
  rewriter.on('title', {
    text: ({ text }) => {
      draft.title += text
    },
  })
  rewriter.on('script, style, template', {
    element: (element) => {
      silent++
      element.onEndTag(() => void silent--)
    },
  })
  rewriter.on('body *', {
    element: () => {
      draft.text += ' '
    },
  })
  rewriter.on('body', {
    text: ({ text }) => {
      if (silent === 0) draft.text += text
    },
  })
  rewriter.on('a', {
    element: (element) => void draft.links.push({ href: attributeOf(element, 'href'), text: '' }),
    text: ({ text }) => {
      const link = draft.links.at(-1)
      if (link) link.text += text
    },
  })
}

function fieldOf(element: HTMLRewriterTypes.Element): Field {
  return {
    name: attributeOf(element, 'name'),
    type: attributeOf(element, 'type') || (element.tagName === 'button' ? 'submit' : 'text'),
    value: attributeOf(element, 'value'),
    isChecked: element.hasAttribute('checked'),
  }
}

const attributeOf = (element: HTMLRewriterTypes.Element, name: string) =>
  decodeHTML(element.getAttribute(name) ?? '')

const plain = (text: string) => decodeHTML(text).replaceAll(/\s+/g, ' ').trim()
