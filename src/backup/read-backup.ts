import { createTarDecoder } from 'modern-tar'
import { FileError } from '../platform/files.ts'
import type { Platform } from '../platform/platform.ts'
import { StorageError } from '../storage/storage.ts'
import { BackupError } from './backup-error.ts'
import { decrypt, type Opener } from './encryption.ts'
import { type BackupPart, largestManifest, type Manifest, manifestName, parseManifest } from './manifest.ts'

export type ReadHost = Pick<Platform, 'files' | 'startSha256'>

/** Takes the bytes of one part. It has to read all of them. */
export type TakePart = (part: BackupPart, content: ReadableStream<Uint8Array>) => Promise<void>

/**
 * Reads a backup from its beginning to its end, and checks every part against the manifest. `take` gets each part before it is known to be
 * whole. Throws {@link BackupError} for a file that is no backup, damaged, cut off, or not opened by `opener`.
 */
export async function readBackup(
  path: string,
  { opener, take }: { readonly opener: Opener; readonly take: TakePart },
  host: ReadHost,
): Promise<Manifest> {
  const source = owned(host.files.stream(path))
  try {
    return await readParts(await decrypt(source.stream, opener), take, host)
  } catch (cause) {
    // The disk of the restore, and what is said in words already.
    if (cause instanceof BackupError || cause instanceof FileError || cause instanceof StorageError)
      throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new BackupError(`The backup ${path} is damaged or cut off, or is no backup of grantd: ${reason}`, {
      cause,
    })
  } finally {
    await source.close()
  }
}

/**
 * A stream that is closed even while others hold it and do not read on, as after an error. The runtime takes a file that nobody closed for
 * a fault.
 */
function owned(content: ReadableStream<Uint8Array>) {
  const reader = content.getReader()
  let closing: Promise<void> | undefined
  const close = (reason?: unknown) => {
    closing ??= reader.cancel(reason)
    return closing
  }
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value } = await reader.read()
        if (value) controller.enqueue(value)
        else controller.close()
      },
      cancel: close,
    },
    { highWaterMark: 0 },
  )
  // A stream that failed has closed its file, and says again why it failed.
  return { stream, close: () => close().catch(() => {}) }
}

async function readParts(
  content: ReadableStream<Uint8Array>,
  take: TakePart,
  host: ReadHost,
): Promise<Manifest> {
  const decoder = createTarDecoder({ strict: true })
  let manifest: Manifest | undefined
  let wanted: BackupPart[] = []
  const bound = { bytes: largestManifest + slack }
  const entries = content
    .pipeThrough(boundTo(bound))
    .pipeThrough({ readable: decoder.readable, writable: decoder.writable })
  for await (const { header, body } of entries) {
    if (!manifest) {
      if (header.name !== manifestName || header.size > largestManifest)
        throw new Error(`it does not begin with ${manifestName}`)
      manifest = parseManifest(await new Response(body).bytes())
      wanted = [...manifest.parts]
      bound.bytes = wanted.reduce((sum, { size }) => sum + size + mostAround, header.size + slack)
      continue
    }
    const part = wanted.shift()
    if (!part || header.type !== 'file' || part.name !== header.name || part.size !== header.size)
      throw new Error('its files are not those of its manifest')
    await takeChecked(part, body, { take, host })
  }
  if (!manifest || wanted.length > 0) throw new Error('its end is missing')
  return manifest
}

/** Bytes beyond the files of a backup: of the first header, and of the end of the archive. */
const slack = 1024 * 1024
/** Bytes of the headers and of the padding of a file. */
const mostAround = 4096

/** Passes an archive on. Fails when it does not begin as a backup, or goes on beyond the bound, because a device never ends. */
function boundTo(bound: { readonly bytes: number }): TransformStream<Uint8Array, Uint8Array> {
  const first = new TextEncoder().encode(manifestName)
  let seen = 0
  return new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      const isOther = first.subarray(seen).some((byte, at) => at < chunk.length && chunk[at] !== byte)
      if (isOther) throw new Error(`it does not begin with ${manifestName}`)
      seen += chunk.length
      if (seen > bound.bytes) throw new Error('it goes on after the files of its manifest')
      controller.enqueue(chunk)
    },
  })
}

async function takeChecked(
  part: BackupPart,
  body: ReadableStream<Uint8Array>,
  { take, host }: { readonly take: TakePart; readonly host: ReadHost },
): Promise<void> {
  const hash = await host.startSha256()
  const watched = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      hash.update(chunk)
      controller.enqueue(chunk)
    },
  })
  await take(part, body.pipeThrough(watched))
  if (hash.finish() !== part.sha256) throw new Error(`${part.name} is not what the manifest says`)
}
