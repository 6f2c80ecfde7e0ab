import { type Html, html } from '../../http/answer/html.ts'
import { iconUrl } from '../frame/icon.ts'
import { findProblems, type Problem, sinceFailure } from './problems.ts'
import type { FaultView, KeysView, ProcessView, StatusView, StorageView } from './status-view.ts'
import { sayBytes, sayCount, sayMilliseconds, sayMoment, saySince, saySpan } from './status-words.ts'

const nothing = html``

/** The page for operators: what runs, how it is, and what went wrong lately. It has no script and no inline style. */
export function renderStatusPage(view: StatusView): Html {
  const problems = findProblems(view)
  const { build, now, startedAt } = view
  const title = problems.length === 0 ? 'grantd works' : `grantd: ${sayCount(problems.length, 'problem')}`
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" href="${iconUrl(null, null)}">
<link rel="stylesheet" href="/status.css">
</head>
<body>
<header>
<h1>grantd <span class="version">${build.version}</span></h1>
<p class="soft">Build <code>${build.commit}</code>, up ${saySpan(now - startedAt)}, since ${time(startedAt)}</p>
</header>
<main>
${renderVerdict(problems)}
<section aria-labelledby="figures">
<h2 id="figures">Now</h2>
<div class="cards">
${renderCards(view)}
</div>
</section>
${renderProcesses(view)}
${renderFaults(view)}
${renderLimits(view)}
</main>
<footer><p>As of ${time(now)}. Load the page again for newer figures. Numbers for Prometheus are at <a href="/metrics">/metrics</a>.</p></footer>
</body>
</html>
`
}

function renderVerdict(problems: readonly Problem[]): Html {
  if (problems.length === 0)
    return html`<p class="verdict good"><span class="dot"></span>Everything works</p>`
  return html`<div class="verdict bad" role="status">
<p><span class="dot"></span>${sayCount(problems.length, 'problem')}</p>
<ul>
${problems.map(({ text, section }) => html`<li>${text} <span class="soft">Runbook: ${section}</span></li>`)}
</ul>
</div>`
}

interface Card {
  readonly title: string
  readonly value: string
  /** Lines below the value. */
  readonly lines: readonly string[]
  readonly isBad?: boolean
}

function renderCards(view: StatusView): Html[] {
  const { requests, audit, queues, configuration, now } = view
  const waiting = Object.values(queues).reduce((sum, count) => sum + count, 0)
  const cards: Card[] = [
    storageCard(view.storage, now),
    {
      title: 'Answers',
      value: sayCount(requests.answered),
      lines: [`${sayCount(requests.tokens, 'token')} issued`, `${sayCount(requests.failed)} failed with 5xx`],
    },
    keysCard(view.keys, now),
    {
      title: 'Audit trail',
      value: audit.waiting === 0 ? 'written' : `${sayCount(audit.waiting)} to write`,
      lines: [
        audit.waiting === 0 ? '' : `oldest waits ${saySpan(audit.lagSeconds * 1000)}`,
        `${sayCount(audit.lost, 'event')} lost`,
      ],
      isBad: audit.lost > 0,
    },
    {
      title: 'Queues',
      value: waiting === 0 ? 'empty' : `${sayCount(waiting)} wait`,
      lines: [
        Object.entries(queues)
          .map(([name, count]) => `${name} ${count}`)
          .join(', '),
      ],
    },
    {
      title: 'Configuration',
      value: configuration.last?.isDone === false ? 'reload failed' : 'in force',
      lines: [
        `read ${saySince(now - configuration.loadedAt)}`,
        configuration.last ? `last reload ${saySince(now - configuration.last.at)}` : 'never reloaded',
      ],
      isBad: configuration.last?.isDone === false,
    },
  ]
  return cards.map(renderCard)
}

function renderCard({ title, value, lines, isBad = false }: Card): Html {
  return html`<div class="${isBad ? 'card bad' : 'card'}">
<h3>${title}</h3>
<p class="value">${value}</p>
${lines.filter((line) => line !== '').map((line) => html`<p class="soft">${line}</p>`)}
</div>`
}

function storageCard(storage: StorageView | null, now: number): Card {
  if (!storage) return { title: 'Storage', value: 'unknown', lines: ['no process has told'], isBad: true }
  const { kind, schema, latency, asked, reachable, errors } = storage
  return {
    title: 'Storage',
    value: reachable < asked || latency === null ? 'does not answer' : kind,
    lines: [
      latency === null ? kind : `a read takes ${sayMilliseconds(latency)}`,
      schema === null ? 'kept in memory' : `schema ${schema}, ${sayCount(errors, 'error')}`,
    ],
    isBad: reachable < asked || sinceFailure(storage, now) !== undefined,
  }
}

function keysCard({ tenants, due, failing, nextStepAt, oldestAt }: KeysView, now: number): Card {
  const next =
    nextStepAt === null
      ? 'no rotation is planned'
      : `next step ${due > 0 ? 'now' : `in ${saySpan(nextStepAt - now)}`}`
  return {
    title: 'Signing keys',
    value: failing > 0 ? `${sayCount(failing)} failing` : due > 0 ? `${sayCount(due)} due` : 'in order',
    lines: [
      next,
      `of ${sayCount(tenants, 'tenant')}${oldestAt === null ? '' : `, oldest ${saySpan(now - oldestAt)}`}`,
    ],
    isBad: failing > 0,
  }
}

function renderProcesses({ processes, supervisorPid, restarts, now }: StatusView): Html {
  const isAlone = supervisorPid === null
  const note = isAlone
    ? 'One process serves alone.'
    : `Process ${supervisorPid} supervises them. ${sayCount(restarts, 'restart')} since the start.`
  return html`<section aria-labelledby="processes">
<h2 id="processes">${isAlone ? 'Process' : 'Workers'}</h2>
<p class="soft">${note}</p>
<div class="scroll" tabindex="0" role="region" aria-label="Table of processes">
<table>
<thead><tr>${isAlone ? nothing : html`<th scope="col">Worker</th>`}<th scope="col">Process</th><th scope="col">State</th><th scope="col">Up</th><th scope="col">Memory</th></tr></thead>
<tbody>
${processes.map((process) => renderProcess(process, now))}
</tbody>
</table>
</div>
</section>`
}

function renderProcess({ id, pid, state, startedAt, residentBytes }: ProcessView, now: number): Html {
  return html`<tr>${id === null ? nothing : html`<td>${String(id)}</td>`}<td>${String(pid)}</td><td><span class="state ${state}">${state}</span></td><td>${
    startedAt === null ? 'does not tell' : saySpan(now - startedAt)
  }</td><td>${residentBytes === null ? '–' : sayBytes(residentBytes)}</td></tr>`
}

function renderFaults({ faults }: StatusView): Html {
  const list =
    faults.length === 0
      ? html`<p class="soft">None since the start.</p>`
      : html`<ol class="faults">
${faults.map(renderFault)}
</ol>`
  return html`<section aria-labelledby="faults">
<h2 id="faults">Last faults</h2>
<p class="soft">Warnings and errors of the log, the newest first, without names of tenants and clients.</p>
${list}
</section>`
}

function renderFault({ at, level, message, facts, count }: FaultView): Html {
  const shown = Object.entries(facts).map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`,
  )
  return html`<li class="${level}">
<p class="when"><span class="level">${level === 'warn' ? 'warning' : 'error'}</span> ${time(at)}${
    count === 1 ? nothing : html` <span class="times">${sayCount(count)} times in a row</span>`
  }</p>
<p class="message">${message}</p>
${
  shown.length === 0
    ? nothing
    : html`<dl>
${shown}
</dl>`
}
</li>`
}

function renderLimits({ limits }: StatusView): Html {
  const rows = Object.entries(limits).map(
    ([name, value]) => html`<div><dt><code>${name}</code></dt><dd>${value}</dd></div>`,
  )
  if (rows.length === 0) return nothing
  return html`<section aria-labelledby="limits">
<h2 id="limits">Limits in force</h2>
<dl class="limits">
${rows}
</dl>
</section>`
}

function time(moment: number): Html {
  return html`<time datetime="${new Date(moment).toISOString()}">${sayMoment(moment)}</time>`
}
