import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'
import { type PasswordAnswer, type PasswordJob, threadPriority } from './bun-password-job.ts'

/** The thread of bun-passwords.ts: it hashes one password after the other, and waits where others want the processor. */

declare const self: Worker

const threadId = Number(readlinkSync('/proc/thread-self').split('/').at(-1))
setPriority(threadId, threadPriority)

self.onmessage = ({ data }: MessageEvent<PasswordJob>) => answer(run(data))
answer({ kind: 'ready' })

function run(job: PasswordJob): PasswordAnswer {
  try {
    if (job.kind === 'verify')
      return { kind: 'verified', isRight: Bun.password.verifySync(job.secret, job.hash) }
    return { kind: 'hashed', hash: Bun.password.hashSync(job.secret, job.options) }
  } catch {
    return { kind: 'failed' }
  }
}

function answer(value: PasswordAnswer): void {
  self.postMessage(value)
}
