/** The stylesheet of the status page. It has the colors of the pages for people, and follows the theme of the system. */
export const statusStyle = `
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --card: #fff; --ink: #16181d; --soft: #555b68; --line: #e3e6ec; --link: #2454d6;
  --bad: #9d1c14; --bad-fill: #fdeeec; --good: #14653a; --good-fill: #e9f6ee; --warn: #7a4b00; --warn-fill: #fff4df;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #101216; --card: #191c22; --ink: #eef0f4; --soft: #a9afbd; --line: #2c313b; --link: #92b0ff;
    --bad: #ffb3ab; --bad-fill: #3a1a18; --good: #8fdcae; --good-fill: #16301f; --warn: #f3cf8a; --warn-fill: #33270f;
  }
}
*, ::before, ::after { box-sizing: border-box; }
html { background: var(--page); -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 72rem; padding: 1.5rem 1rem 2rem; color: var(--ink); overflow-wrap: anywhere;
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", Arial, sans-serif;
}
h1, h2, h3, p, ul, ol, dl, dd { margin: 0; }
ul, ol { padding: 0; list-style: none; }
h1 { font-size: 1.75rem; line-height: 1.2; font-weight: 650; letter-spacing: -.015em; }
h1 .version { color: var(--soft); font-weight: 400; }
h2 { font-size: 1.125rem; line-height: 1.4; font-weight: 650; }
h3 { font-size: .875rem; font-weight: 600; color: var(--soft); }
a { color: var(--link); text-underline-offset: .2em; }
a:focus-visible, .scroll:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
code { font: .9375em/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
.soft, footer { color: var(--soft); }
header p { margin-top: .25rem; }
section { margin-top: 2rem; }
section > h2 + * { margin-top: .75rem; }
section > h2 + p.soft { margin-top: .125rem; }
section > p.soft + * { margin-top: .75rem; }
footer { margin-top: 2rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: .875rem; }
.verdict { margin-top: 1.25rem; padding: .875rem 1rem; border-radius: .625rem; font-weight: 600; }
.verdict.good { background: var(--good-fill); color: var(--good); }
.verdict.bad { background: var(--bad-fill); color: var(--bad); }
.verdict ul { margin-top: .375rem; padding-left: 1.25rem; font-weight: 400; color: var(--ink); }
.verdict li + li { margin-top: .25rem; }
.verdict li .soft { display: block; font-size: .875rem; }
.dot { display: inline-block; width: .625rem; height: .625rem; margin-right: .625rem; border-radius: 50%; background: currentcolor; }
.cards { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr)); }
.card, table, .faults li, .limits { background: var(--card); border: 1px solid var(--line); border-radius: .625rem; }
.card { padding: .875rem 1rem; font-size: .9375rem; }
.card .value { margin: .125rem 0 .25rem; font-size: 1.375rem; line-height: 1.3; font-weight: 650; letter-spacing: -.01em; }
.card.bad { border-color: var(--bad); }
.card.bad .value { color: var(--bad); }
.scroll { overflow-x: auto; border-radius: .625rem; }
table { width: 100%; border-collapse: separate; border-spacing: 0; font-size: .9375rem; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
th, td { padding: .5rem 1rem; text-align: left; white-space: nowrap; }
th { font-size: .875rem; font-weight: 600; color: var(--soft); }
td { border-top: 1px solid var(--line); }
.state { display: inline-block; padding: .0625rem .5rem; border-radius: 1rem; font-size: .875rem; font-weight: 600; }
.state.serving { background: var(--good-fill); color: var(--good); }
.state.starting, .state.stopping { background: var(--warn-fill); color: var(--warn); }
.faults li { padding: .75rem 1rem; border-left-width: 4px; font-size: .9375rem; }
.faults li + li { margin-top: .5rem; }
.faults .error { border-left-color: var(--bad); }
.faults .warn { border-left-color: var(--warn); }
.when { font-size: .875rem; color: var(--soft); font-variant-numeric: tabular-nums; }
.level, .times { font-weight: 600; }
.error .level { color: var(--bad); }
.warn .level { color: var(--warn); }
.message { font-weight: 600; }
.faults dl { display: flex; flex-wrap: wrap; gap: .125rem 1.25rem; margin-top: .25rem; }
.faults dl div { display: flex; gap: .375rem; }
.faults dt { color: var(--soft); }
.limits { display: grid; gap: 0 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); padding: .375rem 1rem; font-size: .9375rem; }
.limits div { display: flex; justify-content: space-between; gap: 1rem; padding: .375rem 0; }
.limits dd { flex: none; font-weight: 600; font-variant-numeric: tabular-nums; text-align: right; }
@media (max-width: 30rem) {
  .cards { grid-template-columns: 1fr 1fr; }
  .card { padding: .75rem .875rem; font-size: .875rem; }
  .card .value { font-size: 1.125rem; }
  table { font-size: .875rem; }
  th, td { padding: .5rem .125rem; white-space: normal; }
  th { font-size: .8125rem; }
  th:first-child, td:first-child { padding-left: .75rem; }
  th:last-child, td:last-child { padding-right: .75rem; }
  .state { padding: .0625rem .375rem; font-size: .8125rem; }
}
@media print { html { background: none; } }
`
