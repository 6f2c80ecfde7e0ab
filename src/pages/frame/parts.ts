import { type Html, html } from '../../http/answer/html.ts'
import type { PersonView } from './page-frame.ts'

const nothing = html``

/** Data inside a sentence, stronger than the words around it. Its writing direction does not change theirs. */
export function strong(text: string): Html {
  return html`<strong><bdi>${text}</bdi></strong>`
}

/** A message above a form. Screen readers read it at once. */
export function renderAlert(text: string): Html {
  return html`<p class="alert" role="alert">${text}</p>`
}

/** The news that something was done. */
export function renderDone(text: string): Html {
  return html`<p class="done" role="status">${text}</p>`
}

/** The hidden inputs of a form. */
export function renderHidden(values: Readonly<Record<string, string>>): readonly Html[] {
  return Object.entries(values).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )
}

interface Field {
  /** Also its id. */
  readonly name: string
  readonly label: string
  readonly type?: 'text' | 'password'
  readonly autocomplete: 'username' | 'current-password' | 'new-password' | 'one-time-code' | 'off'
  readonly value?: string
  readonly hint?: string
  readonly error?: string | undefined
  readonly hasFocus?: boolean
  /** The keyboard of a phone. */
  readonly keyboard?: 'email' | 'text'
  readonly capitals?: 'none' | 'characters'
  readonly className?: string
}

/** One labelled input, with its hint and its error below. */
export function renderField(field: Field): Html {
  const { name, label, type = 'text', autocomplete, value = '', hint, error, hasFocus = false } = field
  const { keyboard, capitals = 'none', className = 'field' } = field
  const notes = [
    ...(error === undefined ? [] : [`${name}-error`]),
    ...(hint === undefined ? [] : [`${name}-hint`]),
  ]
  const optional = [
    keyboard ? html`inputmode="${keyboard}"` : nothing,
    notes.length > 0 ? html`aria-describedby="${notes.join(' ')}"` : nothing,
    error === undefined ? nothing : html`aria-invalid="true"`,
    hasFocus ? html`autofocus` : nothing,
  ].filter((attribute) => attribute !== nothing)
  return html`<div class="${className}">
<label for="${name}">${label}</label>
<input type="${type}" id="${name}" name="${name}" value="${value}" autocomplete="${autocomplete}" autocapitalize="${capitals}" autocorrect="off" spellcheck="false" required ${optional}>
${error === undefined ? nothing : html`<p class="error" id="${name}-error">${error}</p>`}
${hint === undefined ? nothing : html`<p class="hint" id="${name}-hint">${hint}</p>`}
</div>`
}

/** The sign above a page that only says something: it was done, it failed, or it is over. */
export function renderMark(kind: 'good' | 'bad' | 'still'): Html {
  return html`<div class="mark ${kind}"></div>`
}

/** The line that says who is signed in. `label` is a sentence such as `Signed in as`. */
export function renderPerson({ name, username }: PersonView, label: string): Html {
  const first = name ?? username
  return html`<div class="person">
<span class="avatar" aria-hidden="true">${initialOf(first)}</span>
<p><span class="unseen">${label} </span><bdi class="name">${first}</bdi>${
    name === null ? nothing : html` <bdi class="detail">${username}</bdi>`
  }</p>
</div>`
}

/** The first letter of a name, as a reader counts letters. */
export function initialOf(name: string): string {
  const [first] = new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(name.trim())
  return (first?.segment ?? '').toLocaleUpperCase('en')
}
