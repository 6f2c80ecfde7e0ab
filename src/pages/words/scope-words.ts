import { type Html, html } from '../../http/answer/html.ts'
import type { ScopeView } from '../frame/page-frame.ts'
import type { Texts } from '../locales/en.ts'

/**
 * What scopes allow, one item each. Standard scopes have the words of the page; others have the tenant's description, or their name.
 * `openid` alone is not listed, because everybody who signs in agrees to it.
 */
export function renderScopes(scopes: readonly ScopeView[], texts: Texts): Html {
  const listed = scopes.filter(({ name }) => name !== 'openid')
  const items = listed.map((scope) => html`<li>${wordsOf(scope, texts)}</li>`)
  return html`<ul class="scopes">
${items.length > 0 ? items : html`<li>${texts.scopes.openid}</li>`}
</ul>`
}

function wordsOf({ name, description }: ScopeView, { scopes }: Texts): Html {
  const standard = Object.entries(scopes).find(([known]) => known === name)
  return standard ? html`${standard[1]}` : html`<bdi>${description ?? name}</bdi>`
}
