/** States of /proc/net/tcp in which this end closed the connection first: FIN_WAIT1, FIN_WAIT2, TIME_WAIT (for a minute), CLOSING. */
const closedHere = new Set(['04', '05', '06', '0B'])

/** How many connections of a port the server there has closed before its clients did, in the last minute. */
export async function countClosedFirst(port: number): Promise<number> {
  const lines = (await Bun.file('/proc/net/tcp').text()).trim().split('\n').slice(1)
  return lines.filter((line) => {
    const [, local = '', , state = ''] = line.trim().split(/\s+/)
    return Number.parseInt(local.split(':')[1] ?? '', 16) === port && closedHere.has(state)
  }).length
}
