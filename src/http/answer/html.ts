import { escapeUTF8 } from 'entities/escape'

/** HTML in which every value is escaped. Only the tag {@link html} makes it. */
export class Html {
  readonly #text: string

  private constructor(text: string) {
    this.#text = text
  }

  static render(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
    return new Html(String.raw({ raw: parts }, ...values.map(renderValue)))
  }

  toString(): string {
    return this.#text
  }
}

/** A text, which is escaped; HTML, which stays as it is; or a list of HTML, one item per line. */
type HtmlValue = string | Html | readonly Html[]

/** A template of HTML. A text may stand between tags and inside a quoted attribute; a URL needs its own check. */
export const html = Html.render

function renderValue(value: HtmlValue): string {
  if (typeof value !== 'string') return value instanceof Html ? String(value) : value.join('\n')
  return escapeUTF8(value)
}
