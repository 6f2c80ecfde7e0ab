import type { FileFacts, Files } from '../../platform/files.ts'

/**
 * A note beside a SQLite file that says in which state a clean shutdown left it. The next start reads the whole file unless it is still
 * in that state: the same file, of the same size, that nothing was written to, nor its name or mode changed, and without a
 * -wal. A process that was killed, or whose machine lost power, leaves its -wal; a copy that was put in the place of the file is
 * another file, or has another time.
 */
function noteOf(path: string): string {
  return `${path}.closed`
}

/** Bytes of the largest note. */
const largestNote = 256

/** Whether the file is as a clean shutdown left it. The note is gone then: it speaks for one start. Never rejects. */
export async function takeCleanShutdown(path: string, files: Files): Promise<boolean> {
  try {
    const note = await readNote(path, files)
    if (note === undefined) return false
    await files.remove(noteOf(path))
    return note === (await renderState(path, files))
  } catch {
    // Another process took it in the same moment, or it cannot be had: then the whole file is read.
    return false
  }
}

async function readNote(path: string, files: Files): Promise<string | undefined> {
  if (!(await files.facts(noteOf(path)))) return undefined
  return new TextDecoder().decode(await files.readSmall(noteOf(path), largestNote))
}

/** Leaves the note, once nobody of this process has the file open; does nothing while another process has. */
export async function leaveCleanShutdown(path: string, files: Files): Promise<void> {
  const state = await renderState(path, files)
  if (state === undefined) return
  await files.remove(noteOf(path))
  await files.createPrivate(noteOf(path), state)
}

/** Undefined while there is a -wal: then somebody has the file open, or did not end well. */
async function renderState(path: string, files: Files): Promise<string | undefined> {
  const [file, wal] = [await files.facts(path), await files.facts(`${path}-wal`)]
  return file && !wal ? renderFacts(file) : undefined
}

function renderFacts({ identity, size, modifiedAt, changedAt }: FileFacts): string {
  return `closed well: file ${identity}, ${size} bytes, written ${modifiedAt}, changed ${changedAt}\n`
}
