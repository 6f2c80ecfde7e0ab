import { OpensslLibrary } from './openssl.ts'
import { openLibrary } from './openssl-bun.ts'
import { OpensslError } from './openssl-port.ts'
import type { ThreadAnswer, ThreadJob, ThreadMessage } from './openssl-thread-job.ts'

/** The thread of openssl-threads.ts: it makes one signature after the other. An error that OpenSSL does not explain ends it. */

declare const self: Worker

let library: OpensslLibrary | undefined

self.onmessage = ({ data }: MessageEvent<ThreadMessage>) => {
  if ('path' in data) {
    library = new OpensslLibrary(openLibrary(data.path))
    return answer({ kind: 'ready' })
  }
  for (const job of data.jobs) if (library) answer(run(library, job))
}

function run(opened: OpensslLibrary, { id, data, ...key }: ThreadJob): ThreadAnswer {
  try {
    return { kind: 'signed', id, signature: opened.sign(key, data) }
  } catch (cause) {
    if (!(cause instanceof OpensslError)) throw cause
    return { kind: 'failed', id, reason: cause.message }
  }
}

function answer(value: ThreadAnswer): void {
  self.postMessage(value)
}
