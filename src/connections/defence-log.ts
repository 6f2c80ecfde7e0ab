import type { Log } from '../log.ts'
import type { Ending, EndReason } from './choose-endings.ts'

/** A defence is over when it had nothing to do for so long (ms). So there is at most one line of its beginning in that time. */
const calm = 60_000

interface Running {
  readonly since: number
  lastAt: number
  ended: number
}

/** Says in one line when connections begin to be ended for a reason, and in another when that is over. */
export class DefenceLog {
  readonly #log: Log
  readonly #running = new Map<EndReason, Running>()

  constructor(log: Log) {
    this.#log = log
  }

  /** Takes what was ended now (ms), of `open` connections. */
  note(endings: readonly Ending[], { now, open }: { readonly now: number; readonly open: number }): void {
    for (const [reason, group] of Map.groupBy(endings, (ending) => ending.reason)) {
      const running = this.#running.get(reason)
      if (running) {
        running.lastAt = now
        running.ended += group.length
        continue
      }
      this.#running.set(reason, { since: now, lastAt: now, ended: group.length })
      this.#log('warn', 'connections are being ended', {
        reason,
        ended: group.length,
        open,
        address: group[0]?.group,
      })
    }
    this.#noteCalm(now)
  }

  #noteCalm(now: number): void {
    for (const [reason, { since, lastAt, ended }] of this.#running) {
      if (now - lastAt < calm) continue
      this.#running.delete(reason)
      this.#log('info', 'connections are no longer being ended', {
        reason,
        ended,
        seconds: Math.round((lastAt - since) / 1000),
      })
    }
  }
}
