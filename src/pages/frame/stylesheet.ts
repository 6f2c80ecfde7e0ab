import { renderAccent } from './accent.ts'

/**
 * The one stylesheet of all pages. Lengths are in rem, so that the reader's own text size counts. A phone shows the card without an edge.
 * Icons are drawn with borders, so that they need no request and follow the colors of the system.
 */
const base = `
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --card: #fff; --ink: #16181d; --soft: #555b68; --line: #e3e6ec; --edge: #858b99; --fill: #f2f4f7; --press: #e8ebf0;
  --accent: #2454d6; --on-accent: #fff; --link: #2454d6;
  --bad: #9d1c14; --bad-fill: #fdeeec; --good: #14653a; --good-fill: #e9f6ee;
  --shadow: 0 1px 2px rgb(16 24 40 / .05), 0 12px 32px -8px rgb(16 24 40 / .12);
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #101216; --card: #191c22; --ink: #eef0f4; --soft: #a9afbd; --line: #2c313b; --edge: #747b8a; --fill: #22262e; --press: #2c313b;
    --accent: #3a68e4; --on-accent: #fff; --link: #92b0ff;
    --bad: #ffb3ab; --bad-fill: #3a1a18; --good: #8fdcae; --good-fill: #16301f;
    --shadow: 0 0 0 1px var(--line);
  }
}
*, ::before, ::after { box-sizing: border-box; }
html { background: var(--card); -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; min-height: 100vh; min-height: 100dvh; display: flex; flex-direction: column; color: var(--ink); overflow-wrap: anywhere;
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", Arial, sans-serif;
}
main { width: 100%; max-width: 27rem; margin: 0 auto; padding: 2rem 1.5rem; }
h1 { margin: 0; font-size: 1.625rem; line-height: 1.25; font-weight: 650; letter-spacing: -.015em; text-wrap: balance; }
h1 strong { font-weight: inherit; }
h2 { margin: 0 0 .25rem; font-size: 1.125rem; line-height: 1.4; font-weight: 650; }
p, ul, dl, dd { margin: 0; }
p { text-wrap: pretty; }
ul { padding: 0; list-style: none; }
a { color: var(--link); text-underline-offset: .2em; text-decoration-thickness: from-font; }
a:hover { text-decoration-thickness: 2px; }
strong { font-weight: 600; }
h1 ~ p, h1 ~ ul, h1 ~ dl, h1 ~ div { margin-top: 1.25rem; }
h1 ~ form { margin-top: 1.5rem; }
h1 ~ .lead, h1 + p { margin-top: .5rem; }
h1 + .alert, h1 + .done, h1 + .note { margin-top: 1.25rem; }
.lead, .detail, .hint, .fine, h1 + p, .person + .switch { color: var(--soft); }
.lead strong { color: var(--ink); }
.detail, .hint, .fine, .error { font-size: .875rem; line-height: 1.45; }

.brand { display: flex; align-items: center; gap: .75rem; margin-bottom: 2rem; font-weight: 600; }
.brand img { display: block; max-width: 12rem; height: 2.5rem; object-fit: contain; object-position: left; }
.tile, .avatar { flex: none; display: grid; place-items: center; font-weight: 600; line-height: 1; }
.tile { width: 2.5rem; height: 2.5rem; border-radius: .75rem; background: var(--accent); color: var(--on-accent); font-size: 1.125rem; }
.avatar { width: 2.25rem; height: 2.25rem; border-radius: 50%; background: var(--press); color: var(--ink); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.field { display: grid; gap: .375rem; }
.field + .field { margin-top: 1.125rem; }
label { font-size: .9375rem; font-weight: 500; }
input {
  width: 100%; min-height: 3rem; padding: .625rem .875rem; border: 1px solid var(--edge); border-radius: .625rem;
  background: var(--card); color: inherit; font: inherit;
}
input[aria-invalid] { border-color: var(--bad); }
.error { color: var(--bad); font-weight: 500; }
.code input { font: 600 1.5rem/1.2 ui-monospace, Menlo, Consolas, "Liberation Mono", monospace; letter-spacing: .12em; text-align: center; text-transform: uppercase; }

button, .button {
  display: inline-flex; align-items: center; justify-content: center; min-height: 3rem; padding: .625rem 1.25rem; cursor: pointer;
  border: 1px solid var(--edge); border-radius: .625rem; background: var(--card); color: inherit; font: inherit; font-weight: 600;
  line-height: 1.3; text-align: center; text-decoration: none; touch-action: manipulation;
}
button:hover, .button:hover { background: var(--fill); }
button:active, .button:active { background: var(--press); }
.primary, .primary:hover, .primary:active { border-color: transparent; background: var(--accent); color: var(--on-accent); box-shadow: inset 0 0 0 1px rgb(0 0 0 / .1); }
.primary:hover { filter: brightness(.94); }
.primary:active { filter: brightness(.88); }
form > .primary { width: 100%; }
.field ~ .primary { margin-top: 1.5rem; }
.choice { display: flex; flex-wrap: wrap; gap: .75rem; }
.choice > button { flex: 1 1 9rem; min-width: fit-content; }
.small { min-height: 2.5rem; padding: .375rem .875rem; font-size: .875rem; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
input:focus-visible { outline-offset: -1px; border-color: transparent; }

.alert, .done, .note { padding: .75rem 1rem; border-radius: .625rem; border: 1px solid transparent; font-size: .9375rem; line-height: 1.45; }
.alert { background: var(--bad-fill); color: var(--bad); font-weight: 500; }
.done { background: var(--good-fill); color: var(--good); font-weight: 500; }
.note { background: var(--fill); }

.person { display: flex; align-items: center; gap: .75rem; padding: .625rem .75rem; border: 1px solid var(--line); border-radius: .75rem; text-align: start; }
.person p { min-width: 0; line-height: 1.35; }
.person bdi { display: block; text-align: left; }
.name { font-weight: 600; }
.person .detail { font-weight: 400; }
main .person + .switch { margin-top: .5rem; font-size: .875rem; }

.scopes { display: grid; gap: .625rem; }
h1 ~ .scopes { margin-top: .75rem; }
.scopes li { position: relative; padding-inline-start: 1.75rem; }
.scopes li::before {
  content: ""; position: absolute; inset-inline-start: .375rem; top: .3rem; width: .4rem; height: .75rem;
  border: solid var(--link); border-width: 0 2px 2px 0; transform: rotate(42deg);
}

.accounts { display: grid; gap: .75rem; }
.accounts button { justify-content: flex-start; min-height: 4rem; padding: .625rem .75rem; gap: .75rem; text-align: start; }
.accounts .person { padding: 0; border: 0; margin: 0; }
.plus { position: relative; }
.plus::before, .plus::after { content: ""; position: absolute; width: .875rem; height: 2px; background: currentcolor; forced-color-adjust: none; }
.plus::after { transform: rotate(90deg); }

.mark { width: 3.5rem; height: 3.5rem; margin-bottom: 1.25rem; border-radius: 50%; position: relative; background: var(--fill); color: var(--soft); }
.mark.good { background: var(--good-fill); color: var(--good); }
.mark.bad { background: var(--bad-fill); color: var(--bad); }
.mark::before { content: ""; position: absolute; inset: 0; margin: auto; }
.mark.good::before { width: .75rem; height: 1.375rem; top: -.25rem; border: solid; border-width: 0 3px 3px 0; transform: rotate(42deg); }
.mark.bad::before, .mark.still::before { width: 3px; height: 1rem; top: -.625rem; border-left: 3px solid; border-radius: 2px; }
.mark.bad::after, .mark.still::after { content: ""; position: absolute; inset: 1.25rem 0 0; margin: auto; width: 0; height: 0; border: 2px solid; border-radius: 50%; }

.shown-code { padding: .875rem; border-radius: .75rem; background: var(--fill); text-align: center; }
main .shown-code { margin-top: .5rem; }
.shown-code code { font-size: 1.5rem; font-weight: 600; letter-spacing: .12em; }
code { font-family: ui-monospace, Menlo, Consolas, "Liberation Mono", monospace; font-size: .875em; }
.details { display: grid; gap: .125rem; padding-top: 1.25rem; border-top: 1px solid var(--line); font-size: .875rem; line-height: 1.45; }
h1 ~ .details { margin-top: 1.75rem; }
.details dt { color: var(--soft); }
.details dd + dt { margin-top: .625rem; }

pre { margin: .75rem 0 0; padding: 1rem; border: 1px solid var(--line); border-radius: .75rem; background: var(--fill); overflow-x: auto; font: .8125rem/1.55 ui-monospace, Menlo, Consolas, "Liberation Mono", monospace; overflow-wrap: normal; }
.facts { margin-top: 1rem; display: grid; grid-template-columns: max-content 1fr; gap: .5rem 1.25rem; font-size: .875rem; }
.facts dt { color: var(--soft); }
[hidden] { display: none !important; }

.wide { max-width: 45rem; }
.wide > .person { padding: 0; border: 0; }
section { margin-top: 1.5rem; padding-top: 1.5rem; border-top: 1px solid var(--line); }
.rows > li { display: flex; flex-wrap: wrap; align-items: flex-start; justify-content: space-between; gap: .75rem 1.5rem; padding: 1rem 0; }
.rows > li + li, .all { border-top: 1px solid var(--line); }
.rows > li > div { flex: 1 1 9rem; min-width: 0; }
.rows .detail span { display: inline-block; }
.rows .scopes { flex-basis: 100%; gap: .25rem; font-size: .875rem; }
.name > span:not(.badge) { margin-inline-end: .375rem; }
.badge { display: inline-block; padding: .0625rem .5rem; border: 1px solid transparent; border-radius: 1rem; background: var(--good-fill); color: var(--good); font-size: .75rem; font-weight: 600; vertical-align: .1em; }
section > form { margin-top: .75rem; }
section > form > .field { max-width: 24rem; }
.all { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .75rem 1.5rem; padding-top: 1rem; }
.all > .hint { flex: 1 1 16rem; }
section > form > button { margin-top: 1.25rem; }

footer { margin: auto auto 0; padding: 1rem 1.5rem 1.5rem; font-size: .875rem; }
footer ul { display: flex; flex-wrap: wrap; justify-content: center; gap: .25rem 1.5rem; }
footer a { display: inline-block; padding: .25rem 0; color: var(--soft); text-decoration: none; }
footer a:hover { color: var(--ink); text-decoration: underline; }

@media (min-width: 34rem) {
  html { background: var(--page); }
  main { margin: clamp(0rem, 10vh, 7rem) auto 0; padding: 2.5rem; }
  .wide { margin-top: 0; }
  main.card { background: var(--card); border-radius: 1.25rem; box-shadow: var(--shadow); }
  body { padding: 2rem 1rem; }
  footer { padding: 1.5rem 1rem 0; }
}
@media (forced-colors: active) { main.card { border: 1px solid; } }
@media (prefers-reduced-motion: no-preference) { button, .button, input { transition: background-color .12s, border-color .12s, filter .12s; } }
`
  .replaceAll(/\n\s*/g, '')
  .replaceAll(/\s*([{};:,])\s+/g, '$1')

/** The stylesheet with the colors of a tenant. `accent` is `sign_in.accent`; null: the colors of grantd. */
export function renderStylesheet(accent: string | null): string {
  return accent === null ? base : base + renderAccent(accent)
}
