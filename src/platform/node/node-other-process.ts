import { readdir, readFile, readlink, stat } from 'node:fs/promises'
import type { OtherProcess } from '../processes.ts'

/** Reads what Linux tells of a process in /proc. */
export async function lookAtProcess(pid: number): Promise<OtherProcess | undefined> {
  try {
    const folder = `/proc/${pid}`
    const most = /^Max open files +(\d+)/m.exec(await readFile(`${folder}/limits`, 'utf8'))?.[1]
    const openDescriptors = (await readdir(`${folder}/fd`)).length
    if (most === undefined) return undefined
    return { openDescriptors, mostDescriptors: Number(most), outputFile: await findOutput(`${folder}/fd/1`) }
  } catch {
    return undefined
  }
}

async function findOutput(descriptor: string): Promise<string | undefined> {
  // The link of a pipe or of a socket is no path; that of a terminal is no file.
  if (!(await stat(descriptor)).isFile()) return undefined
  return readlink(descriptor)
}
