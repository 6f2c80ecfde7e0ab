import type { Platform } from '../platform/platform.ts'
import { tooManyRequests } from '../protocol/errors.ts'

export interface HeldRefusalsOptions extends Pick<Platform, 'after' | 'monotonic'> {
  readonly settings: {
    readonly enabled: boolean
    /** Seconds; 0: no answer is held. */
    readonly refusal_delay: number
  }
}

/** Answers with 429 that one second lets out at once. */
const atOnce = 20
/** Parts of the delay by which answers are held longer in turn, so that the next guesses do not arrive all at once. */
const turns = 32
/** Answers that are held at the same time, at some kilobytes each. Others go out at once. */
const mostHeld = 5000

/**
 * Holds answers with 429 for a moment while many go out. Somebody who sends the next guess at the answer to the last one then sends one in
 * each such moment on each connection, and not as many as the processor answers. So a flood leaves the processor to others.
 */
export class HeldRefusals {
  readonly #options: HeldRefusalsOptions
  #second = Number.NEGATIVE_INFINITY
  #count = 0
  #held = 0

  constructor(options: HeldRefusalsOptions) {
    this.#options = options
  }

  /** Resolves when the answer may go out. Undefined: it may now. */
  hold({ status }: Pick<Response, 'status'>): Promise<void> | undefined {
    const { after, monotonic, settings } = this.#options
    const delay = settings.enabled ? settings.refusal_delay : 0
    if (status !== tooManyRequests || delay === 0) return undefined
    const second = Math.floor(monotonic() / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#count = 0
    }
    if (++this.#count <= atOnce || this.#held >= mostHeld) return undefined
    this.#held++
    return new Promise((resolve) => {
      after(delay * 1000 * (1 + (this.#count % turns) / turns), () => {
        this.#held--
        resolve()
      })
    })
  }
}
