import { OpensslLibrary } from './openssl.ts'
import { openLibrary } from './openssl-bun.ts'
import { OpensslError } from './openssl-port.ts'
import type { JobResult, ThreadAnswer, ThreadJob, ThreadMessage } from './openssl-thread-job.ts'

/** The thread of openssl-threads.ts: it makes one signature after the other. An error that OpenSSL does not explain ends it. */

declare const self: Worker

/** Signatures in one message. A message costs the event loop a fifth of a signature. */
const answeredAtOnce = 4

let library: OpensslLibrary | undefined

self.onmessage = ({ data }: MessageEvent<ThreadMessage>) => {
  if ('path' in data) {
    library = new OpensslLibrary(openLibrary(data.path))
    return answer('ready')
  }
  const opened = library
  if (!opened) return
  for (let from = 0; from < data.jobs.length; from += answeredAtOnce)
    answer(data.jobs.slice(from, from + answeredAtOnce).map((job) => run(opened, job)))
}

function run(opened: OpensslLibrary, { id, data, ...key }: ThreadJob): JobResult {
  try {
    return { id, signature: opened.sign(key, data) }
  } catch (cause) {
    if (!(cause instanceof OpensslError)) throw cause
    return { id, reason: cause.message }
  }
}

function answer(value: ThreadAnswer): void {
  self.postMessage(value)
}
