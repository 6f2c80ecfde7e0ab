import type { BuildInfo } from '../../build-info.ts'
import type { Hello } from '../../server/reload/control-messages.ts'
import { count, fault, ok, unknown, type Verdict, warning } from '../finding.ts'

export interface Running {
  readonly servers: readonly Hello[]
  /** Sockets whose server takes a connection and then says nothing. */
  readonly silent: readonly string[]
  /** Why the sockets cannot be looked for; undefined: they were. */
  readonly blocked: string | undefined
  readonly build: BuildInfo
  /** The folder with the sockets of servers. */
  readonly controlFolder: string
  /** When config.yaml was changed last (ms since the epoch); undefined: not known. */
  readonly changedAt: number | undefined
}

/** The servers that run on this data_dir: their version, their last reload, their workers. */
export function checkServer(running: Running): Verdict[] {
  const { servers, silent, blocked, controlFolder } = running
  if (blocked !== undefined)
    return [unknown(`running servers were not looked for: ${blocked}; run doctor as the user of the server`)]
  const stuck = silent.map((path) =>
    fault(
      `the server at ${path} takes a connection and says nothing for 5 seconds: its event loop stands still or its process is stopped; look at its process, and restart it`,
    ),
  )
  if (servers.length + silent.length === 0)
    return [unknown(`no running server was found in ${controlFolder}; the other checks do without`)]
  const crowd = servers.length > 1 ? [crowded(servers)] : []
  return [...stuck, ...crowd, ...servers.flatMap((server) => checkOne(server, running))]
}

function crowded(servers: readonly Hello[]): Verdict {
  const pids = servers.map(({ pid }) => pid).join(', ')
  return warning(
    `${servers.length} servers run on one data_dir (processes ${pids}), wanted one, with --workers; stop the others unless one replaces another just now`,
  )
}

function checkOne(server: Hello, { build, changedAt }: Running): Verdict[] {
  const { version, commit, pid, isConfigRejected, workers, loadedAt } = server
  const bad: Verdict[] = []
  const name = `the server (process ${pid})`
  const own = `${build.version} (${build.commit})`
  const its = commit === undefined ? version : `${version} (${commit})`
  if (its !== own) {
    const next = workers ? 'grantd reload --restart-workers, or a restart' : 'a restart'
    bad.push(
      warning(`${name} is grantd ${its}, and this executable is ${own}; it is put in force by ${next}`),
    )
  }
  if (isConfigRejected)
    bad.push(
      fault(
        `${name} refused its newest configuration and runs with the one before; grantd check says why, and grantd reload puts it in force`,
      ),
    )
  else if (loadedAt !== undefined && changedAt !== undefined && changedAt > loadedAt)
    bad.push(
      warning(
        `the configuration was changed after ${name} read it; grantd plan says what would change, and grantd reload puts it in force`,
      ),
    )
  if (workers && workers.serving < workers.wanted)
    bad.push(
      fault(
        `${name} has ${workers.serving} of ${count(workers.wanted, 'worker')} serving, with ${count(workers.restarts, 'restart')}; look for "a worker ended" in the log`,
      ),
    )
  if (bad.length > 0) return bad
  const hands = workers ? `, ${count(workers.serving, 'worker')}` : ''
  return [ok(`${name} is grantd ${its}${hands}, with the newest configuration`)]
}
