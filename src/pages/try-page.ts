import { type Html, html } from '../http/answer/html.ts'
import { renderLayout } from './frame/layout.ts'
import type { PageFrame } from './frame/page-frame.ts'

/** What an app must know to sign people in. */
export interface TryClient {
  readonly issuer: string
  readonly clientId: string
  readonly redirectUri: string
  /** With spaces between them. */
  readonly scope: string
  readonly authorizeUrl: string
  readonly tokenUrl: string
  readonly userinfoUrl: string
  readonly logoutUrl: string
}

export interface TryView {
  readonly frame: PageFrame
  /** Null: no public client of the tenant has the URL of this page, `redirectUri`, as a redirect URI. */
  readonly client: TryClient | null
  readonly redirectUri: string
  readonly scriptUrl: string
}

/**
 * An example app in a page: it signs a person in with the authorization code and PKCE, and shows what it got. It is for people who build
 * apps, so it is in English. Its script reads the `data-` members of the first element.
 */
export function renderTryPage({ frame, client, redirectUri, scriptUrl }: TryView): Html {
  const body = client ? renderApp(client) : renderNoClient(redirectUri)
  return renderLayout(
    { ...frame, locale: 'en' },
    {
      title: 'Try it',
      body,
      isWide: true,
      script: client ? html`<script src="${scriptUrl}"></script>` : html``,
    },
  )
}

function renderApp(client: TryClient): Html {
  return html`<h1 id="title">Try signing in</h1>
<p class="lead" id="lead">This page plays an app. It signs you in as any app does, and shows what an app gets.</p>
<p class="alert" role="alert" id="problem" hidden></p>
<noscript><p class="alert">This example app needs JavaScript. The sign-in pages do not.</p></noscript>
<div id="try" ${renderData(client)}>
<p><button class="primary" id="sign-in">Sign in</button></p>
</div>
<div id="result" hidden>
<div class="choice tools">
<button id="ask">Call userinfo</button>
<button id="sign-out">Sign out</button>
</div>
${renderPanel('userinfo', 'Userinfo', 'What the userinfo endpoint says of the person')}
${renderPanel('id-token', 'ID token', 'Who signed in, for this app alone')}
${renderPanel('access-token', 'Access token', 'What this app sends to an API')}
</div>
<section aria-labelledby="settings">
<h2 id="settings">For your own app</h2>
<p class="detail">Give these to any OpenID Connect library. It finds the rest at the issuer.</p>
<dl class="facts">
<dt>Issuer</dt><dd><code>${client.issuer}</code></dd>
<dt>Client ID</dt><dd><code>${client.clientId}</code></dd>
<dt>Redirect URI</dt><dd><code>${client.redirectUri}</code></dd>
<dt>Scope</dt><dd><code>${client.scope}</code></dd>
</dl>
</section>`
}

function renderData(client: TryClient): readonly Html[] {
  return [
    html`data-issuer="${client.issuer}"`,
    html`data-client="${client.clientId}"`,
    html`data-redirect="${client.redirectUri}"`,
    html`data-scope="${client.scope}"`,
    html`data-authorize="${client.authorizeUrl}"`,
    html`data-token="${client.tokenUrl}"`,
    html`data-userinfo="${client.userinfoUrl}"`,
    html`data-logout="${client.logoutUrl}"`,
  ]
}

function renderPanel(id: string, title: string, text: string): Html {
  return html`<section aria-labelledby="${id}-title" id="${id}-panel" hidden>
<h2 id="${id}-title">${title}</h2>
<p class="detail">${text}</p>
<pre id="${id}" tabindex="0" aria-labelledby="${id}-title"></pre>
</section>`
}

function renderNoClient(redirectUri: string): Html {
  return html`<h1>Try signing in</h1>
<p class="lead">This page plays an app, and this tenant has no client for it yet. Add one to config.yaml, then start again:</p>
<pre tabindex="0" aria-label="Settings">clients:
  try:
    token_endpoint_auth_method: none
    grant_types: [authorization_code]
    redirect_uris: [${redirectUri}]
    post_logout_redirect_uris: [${redirectUri}]</pre>`
}
