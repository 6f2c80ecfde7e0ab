import type { Config } from '../../config/schema.ts'
import { limitsFor } from '../../connections/connection-limits.ts'
import type { OtherProcess } from '../../platform/processes.ts'
import { count, ok, unknown, type Verdict, warning } from '../finding.ts'

export interface Descriptors {
  readonly settings: Config['server']['connections']
  /** The process that serves; undefined: none runs, or the system does not tell. */
  readonly server: Pick<OtherProcess, 'openDescriptors' | 'mostDescriptors'> | undefined
  /** The limit of this command, which a server would have that is started from the same shell. */
  readonly own: number | undefined
}

/** Connections for which a small service has room. The default limit of a shell, 1024, gives a bit less. */
const few = 900
/** Descriptors of a process that has no connection yet. */
const usual = 20

/** Whether the limit of open files lets in as many connections as the configuration wants. */
export function checkDescriptors({ settings, server, own }: Descriptors): Verdict[] {
  const most = server?.mostDescriptors ?? own
  if (most === undefined) return [unknown('this system does not tell the limit of open files')]
  const whose = server ? 'of the server' : 'of this shell; no server answers'
  const limits = limitsFor(settings, { most, others: usual })
  const state = `the limit of open files is ${count(most, 'descriptor')} (${whose}), which gives ${count(limits.most, 'connection')}`
  const next = 'raise it: LimitNOFILE of systemd, ulimit -n, --ulimit nofile of Docker'
  if (settings.most !== null && limits.most < settings.most)
    return [
      warning(`${state}, wanted ${count(settings.most, 'connection')} by server.connections.most; ${next}`),
    ]
  if (server && server.openDescriptors > 0.9 * most)
    return [warning(`${state}, and ${server.openDescriptors} are open, wanted at most 90 %; ${next}`)]
  if (limits.most < few) return [warning(`${state}, wanted some thousand; ${next}`)]
  return [ok(state)]
}
