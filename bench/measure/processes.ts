import { readdir, readFile } from 'node:fs/promises'

export interface Usage {
  /** Processor time since the start in seconds, user and system, of the process and of all that it started. */
  readonly cpu: number
  /** Resident memory in MB (10^6 bytes), summed up: what processes share is counted for each. */
  readonly rss: number
  /** Of the process that has the most. */
  readonly largest: number
  readonly processes: number
}

/** What a process and all below it have used; wants Linux. */
export async function measureTree(pid: number): Promise<Usage> {
  const each = (await Promise.all((await findTree(pid)).map(measureProcess))).filter(
    (used) => used !== undefined,
  )
  if (each.length === 0) throw new Error(`There is no process ${pid}`)
  return {
    cpu: each.reduce((sum, { cpu }) => sum + cpu, 0),
    rss: each.reduce((sum, { rss }) => sum + rss, 0),
    largest: Math.max(...each.map(({ rss }) => rss)),
    processes: each.length,
  }
}

/** Undefined of one that has ended meanwhile. */
async function measureProcess(pid: number): Promise<{ cpu: number; rss: number } | undefined> {
  const read = (name: string) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => undefined)
  const [stat, status] = await Promise.all([read('stat'), read('status')])
  if (stat === undefined || status === undefined) return undefined
  return { cpu: parseCpu(stat), rss: (Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024) / 1e6 }
}

/** Seconds of user and system time in the text of /proc/PID/stat, with those of its children that have ended. */
export function parseCpu(stat: string): number {
  // The name of the program comes in parentheses and may hold anything, spaces too. Times are in hundredths of a second.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100
}

async function findTree(pid: number): Promise<number[]> {
  // A process or a thread that ended between the two readings has no children any more.
  const lists = await Promise.all(
    (await readdir(`/proc/${pid}/task`).catch(() => [])).map((thread) =>
      readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => ''),
    ),
  )
  const children = lists.join(' ').split(/\s+/).filter(Boolean).map(Number)
  return [pid, ...(await Promise.all(children.map(findTree))).flat()]
}
