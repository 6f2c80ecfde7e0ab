import type { FileFacts, Files } from './platform/files.ts'

/**
 * The kind of content of a file, which decides how bad it is that other users reach it. `given-key` is a key that an operator put
 * somewhere, `kept-key` is one below data_dir. `settings` has no secret, but other users must not be able to change it.
 */
export type Content =
  | 'given-key'
  | 'kept-key'
  | 'secret'
  | 'settings'
  | 'settings-folder'
  | 'database'
  | 'data-folder'

/** A file that other users than its owner can reach, or that belongs to another user. */
export interface Exposure {
  readonly path: string
  /** `refuse`: do not use the file. `warn`: warn about it. `note`: its group reaches it, which may be intended: warn once for all. */
  readonly gravity: 'refuse' | 'warn' | 'note'
  /** The fault, the wanted mode or owner, and the next step. A message has it after the path. */
  readonly complaint: string
}

interface Rule {
  /** The mode that a message asks for. */
  readonly wanted: string
  /** Bits of `rwx` that other users must not have. */
  readonly others: number
  /** Bits of `rwx` that cause a note if the group has them. */
  readonly group: number
  readonly gravity: 'refuse' | 'warn'
  /** Whether it must belong to the user of this process, or to root. */
  readonly isOwned: boolean
  /** The next step in Kubernetes. */
  readonly inKubernetes: string
}

const [read, write] = [4, 2]

const ofSecretVolume = 'give its Secret volume defaultMode: 0440 and the Pod an fsGroup'
const byInitContainer = 'run it in an init container that mounts the volume too'
const byConfigMap = 'give its volume defaultMode: 0444'

const rules: Readonly<Record<Content, Rule>> = {
  'given-key': {
    ...{ wanted: '0600', others: read | write, group: read | write, gravity: 'refuse', isOwned: true },
    inKubernetes: ofSecretVolume,
  },
  'kept-key': {
    ...{ wanted: '0600', others: read | write, group: read | write, gravity: 'refuse', isOwned: true },
    inKubernetes: byInitContainer,
  },
  secret: {
    ...{ wanted: '0600', others: read | write, group: 0, gravity: 'warn', isOwned: true },
    inKubernetes: ofSecretVolume,
  },
  settings: {
    ...{ wanted: '0644', others: write, group: 0, gravity: 'warn', isOwned: false },
    inKubernetes: byConfigMap,
  },
  'settings-folder': {
    ...{ wanted: '0755', others: write, group: 0, gravity: 'warn', isOwned: false },
    inKubernetes: byConfigMap,
  },
  database: {
    ...{ wanted: '0600', others: read | write, group: 0, gravity: 'warn', isOwned: true },
    inKubernetes: byInitContainer,
  },
  // Each file in the folder has its own mode, so it matters little that others may read the folder.
  'data-folder': {
    ...{ wanted: '0700', others: write, group: 0, gravity: 'warn', isOwned: true },
    inKubernetes: byInitContainer,
  },
}

/** Where this process runs, and as which user. */
type Runner = Pick<Files, 'user' | 'inKubernetes'>

/**
 * The worst fault in the owner and the mode of a file; undefined: there is none. The caller follows symbolic links before: the links
 * of a Kubernetes Secret (`tls.key -> ..data/tls.key`) do not count, but their targets do.
 */
export function findExposure(
  path: string,
  { content, facts, runner }: { content: Content; facts: FileFacts; runner: Runner },
): Exposure | undefined {
  const rule = rules[content]
  return (
    findOpenToOthers({ path, facts, rule, runner }) ??
    findForeign({ path, facts, rule, runner }) ??
    findOpenToGroup({ path, facts, rule })
  )
}

interface Looked {
  readonly path: string
  readonly facts: FileFacts
  readonly rule: Rule
  readonly runner: Runner
}

function findOpenToOthers({ path, facts: { mode = 0 }, rule, runner }: Looked): Exposure | undefined {
  const open = mode & rule.others
  if (open === 0) return undefined
  const verb = (open & read) === 0 ? 'writable' : 'readable'
  const complaint = `is ${verb} by others (mode ${octal(mode)}), wanted ${rule.wanted}; run: chmod ${rule.wanted} ${path}${inKubernetes(runner, rule.inKubernetes)}`
  return { path, gravity: rule.gravity, complaint }
}

/** Root may use the files of the service. The owner of a file can always read and change it, because the owner can change the mode. */
function findForeign({ path, facts: { owner }, rule, runner }: Looked): Exposure | undefined {
  const { user } = runner
  if (!rule.isOwned || owner === undefined || user === undefined) return undefined
  if (owner === user || owner === 0 || user === 0) return undefined
  const step = inKubernetes(runner, `set runAsUser: ${owner}, or mount it anew`)
  const complaint = `belongs to the user ${owner}, wanted ${user}, which is that of grantd, or root; run: chown ${user} ${path}${step}`
  return { path, gravity: rule.gravity, complaint }
}

function findOpenToGroup({ path, facts: { mode = 0 }, rule }: Omit<Looked, 'runner'>): Exposure | undefined {
  const open = (mode >> 3) & rule.group
  if (open === 0) return undefined
  const verb = (open & write) === 0 ? 'readable' : 'writable'
  const complaint = `is ${verb} by its group (mode ${octal(mode)}); see that nobody but grantd is in the group, or run: chmod ${rule.wanted} ${path}`
  return { path, gravity: 'note', complaint }
}

function inKubernetes(runner: Runner, step: string): string {
  return runner.inKubernetes ? `; in Kubernetes ${step}` : ''
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}
