import type { StatusView, StorageView } from './status-view.ts'
import { sayCount, saySince, saySpan } from './status-words.ts'

/** Something that an operator should look at, with the paragraph of docs/operations/runbook.md that helps. */
export interface Problem {
  readonly text: string
  readonly section: string
}

/** An event of the trail is normally written within a second. */
const longestLag = 30

/** Milliseconds for which an operation of the storage that failed is a problem. */
const recent = 60_000

/** What is wrong now; empty: nothing. */
export function findProblems(view: StatusView): Problem[] {
  return [...processProblems(view), ...storageProblems(view), ...keyProblems(view), ...otherProblems(view)]
}

function processProblems({ processes, isClockOdd }: StatusView): Problem[] {
  const isServing = processes.some(({ state }) => state === 'serving')
  const silent = processes.filter(({ state, startedAt }) => state === 'serving' && startedAt === null).length
  return [
    ...(isServing ? [] : [{ text: 'No process takes requests.', section: 'The server does not answer' }]),
    ...(isClockOdd
      ? [
          {
            text: 'The clock is off those of the other replicas, so no request is wanted here.',
            section: 'The clock is wrong',
          },
        ]
      : []),
    ...(silent === 0
      ? []
      : [
          {
            text: `${sayCount(silent, 'worker')} did not answer the supervisor within a second.`,
            section: 'The event loop is late',
          },
        ]),
  ]
}

function storageProblems({ storage, now }: StatusView): Problem[] {
  if (!storage) return []
  const section = 'The storage fails'
  if (storage.reachable === storage.asked) {
    const since = sinceFailure(storage, now)
    return since === undefined
      ? []
      : [{ text: `An operation of the storage failed ${saySince(since)}.`, section }]
  }
  const who =
    storage.asked === 1
      ? 'The server'
      : `${storage.asked - storage.reachable} of ${sayCount(storage.asked, 'process', 'processes')}`
  return [{ text: `${who} could not read from the storage within a second.`, section }]
}

/**
 * Milliseconds since an operation failed; undefined: none did lately. A storage that answers may be unable to write, as on a full disk.
 */
export function sinceFailure({ failedAt }: StorageView, now: number): number | undefined {
  const since = failedAt === null ? recent : now - failedAt
  return since < recent ? since : undefined
}

function keyProblems({ keys }: StatusView): Problem[] {
  if (keys.failing === 0) return []
  const text = `The keys of ${sayCount(keys.failing, 'tenant')} cannot be read or cannot sign.`
  return [{ text, section: 'Keys cannot be read' }]
}

function otherProblems({ audit, configuration }: StatusView): Problem[] {
  return [
    ...(configuration.last?.isDone === false
      ? [
          {
            text: 'The last reload failed; the configuration before it is in force.',
            section: 'A reload fails',
          },
        ]
      : []),
    ...(audit.lagSeconds > longestLag
      ? [
          {
            text: `Audit events wait for ${saySpan(audit.lagSeconds * 1000)}.`,
            section: 'The audit trail lags',
          },
        ]
      : []),
    ...(audit.lost > 0
      ? [{ text: `${sayCount(audit.lost, 'audit event')} were lost.`, section: 'The audit trail lags' }]
      : []),
  ]
}
