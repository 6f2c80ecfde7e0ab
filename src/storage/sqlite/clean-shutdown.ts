import type { FileFacts, Files } from '../../platform/files.ts'

/**
 * A note beside a SQLite file, with the state of the file after a clean shutdown. The next start checks the whole file unless it is still
 * in that state: same file, size, times, name and mode, and no -wal. After a kill or a power failure there is a -wal. A copy in the place
 * of the file is another file, or has another time. The README.md of storage says how much time the note saves.
 */
function noteOf(path: string): string {
  return `${path}.closed`
}

/** The most bytes of a note. */
const largestNote = 256

/** Returns whether the file is unchanged since a clean shutdown. Removes the note, because it counts for one start. Never rejects. */
export async function takeCleanShutdown(path: string, files: Files): Promise<boolean> {
  try {
    const note = await readNote(path, files)
    if (note === undefined) return false
    await files.remove(noteOf(path))
    return note === (await renderState(path, files))
  } catch {
    // Another process took the note, or the note cannot be read. So the whole file is checked.
    return false
  }
}

async function readNote(path: string, files: Files): Promise<string | undefined> {
  if (!(await files.facts(noteOf(path)))) return undefined
  return new TextDecoder().decode(await files.readSmall(noteOf(path), largestNote))
}

/** Writes the note after this process has closed the file. Does nothing while another process has the file open. */
export async function leaveCleanShutdown(path: string, files: Files): Promise<void> {
  const state = await renderState(path, files)
  if (state === undefined) return
  await files.remove(noteOf(path))
  await files.createPrivate(noteOf(path), state)
}

/** Returns undefined if there is a -wal, because then a process has the file open or was killed. */
async function renderState(path: string, files: Files): Promise<string | undefined> {
  const [file, wal] = [await files.facts(path), await files.facts(`${path}-wal`)]
  return file && !wal ? renderFacts(file) : undefined
}

function renderFacts({ identity, size, modifiedAt, changedAt }: FileFacts): string {
  return `closed well: file ${identity}, ${size} bytes, written ${modifiedAt}, changed ${changedAt}\n`
}
