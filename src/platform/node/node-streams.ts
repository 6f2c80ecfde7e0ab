import type { FileHandle } from 'node:fs/promises'
import { codeOf, type FileSystem } from '../durable-files.ts'
import { FileError } from '../files.ts'

/** Bytes that are read at once. */
const chunkSize = 256 * 1024

/** See Files.stream. */
export function streamFile(path: string, fs: Pick<FileSystem, 'open'>): ReadableStream<Uint8Array> {
  let opening: Promise<FileHandle> | undefined
  const close = async () => (await opening?.catch(() => undefined))?.close()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          opening ??= fs.open(path, 'r')
          const opened = await opening
          const { bytesRead, buffer } = await opened.read(new Uint8Array(chunkSize), 0, chunkSize)
          if (bytesRead > 0) return controller.enqueue(buffer.subarray(0, bytesRead))
          await opened.close()
          controller.close()
        } catch (cause) {
          await close().catch(() => {})
          throw new FileError('read', path, codeOf(cause), { cause })
        }
      },
      cancel: close,
    },
    { highWaterMark: 0 },
  )
}

/** See Files.fill. */
export async function fillFile(
  path: string,
  content: ReadableStream<Uint8Array>,
  fs: Pick<FileSystem, 'open'>,
): Promise<void> {
  const refuse = (cause: unknown) => new FileError('write', path, codeOf(cause), { cause })
  const opened = await fs.open(path, 'r+').catch((cause: unknown) => Promise.reject(refuse(cause)))
  try {
    for await (const chunk of content)
      await writeAll(opened, chunk).catch((cause) => Promise.reject(refuse(cause)))
  } finally {
    await opened.close()
  }
}

async function writeAll(opened: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) at += (await opened.write(chunk, at)).bytesWritten
}
