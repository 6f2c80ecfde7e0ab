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
  const each = await Promise.all((await findTree(pid)).map(measureProcess))
  return {
    cpu: each.reduce((sum, { cpu }) => sum + cpu, 0),
    rss: each.reduce((sum, { rss }) => sum + rss, 0),
    largest: Math.max(...each.map(({ rss }) => rss)),
    processes: each.length,
  }
}

async function measureProcess(pid: number): Promise<{ cpu: number; rss: number }> {
  const [stat, status] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile(`/proc/${pid}/status`, 'utf8'),
  ])
  return { cpu: parseCpu(stat), rss: (Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024) / 1e6 }
}

/** Seconds of user and system time in the text of /proc/PID/stat. */
export function parseCpu(stat: string): number {
  // The name of the program comes in parentheses and may hold anything, spaces too. Times are in hundredths of a second.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

async function findTree(pid: number): Promise<number[]> {
  // A thread that ended between the two readings has no children any more.
  const lists = await Promise.all(
    (await readdir(`/proc/${pid}/task`)).map((thread) =>
      readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => ''),
    ),
  )
  const children = lists.join(' ').split(/\s+/).filter(Boolean).map(Number)
  return [pid, ...(await Promise.all(children.map(findTree))).flat()]
}
