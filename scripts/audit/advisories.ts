import type { LockedVersion } from './lock.ts'

/** A known fault of a package: the versions that have it, in the notation of npm's ranges. */
export interface Advisory {
  readonly package: string
  readonly id: string
  readonly versions: string
  readonly what: string
}

/** One line for each locked version that an advisory names. */
export function findAdvised(locked: readonly LockedVersion[], advisories: readonly Advisory[]): string[] {
  return locked.flatMap(({ name, version }) =>
    advisories
      .filter((each) => each.package === name && Bun.semver.satisfies(version, each.versions))
      .map((each) => `${name} ${version} has ${each.id}: ${each.what}; affected are ${each.versions}`),
  )
}

/** What `bun audit --json` prints: advisories by the name of the package. */
type Answer = Readonly<Record<string, readonly RegistryAdvisory[]>>

interface RegistryAdvisory {
  readonly url: string
  readonly title: string
  readonly vulnerable_versions: string
}

/** The advisories in the answer of a registry; undefined if the text is no such answer, as when the registry keeps none. */
export function readRegistryAnswer(text: string): Advisory[] | undefined {
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof answer !== 'object' || answer === null) return undefined
  return Object.entries(answer as Answer).flatMap(([name, advisories]) =>
    advisories.map(({ url, title, vulnerable_versions }) => ({
      package: name,
      id: url.slice(url.lastIndexOf('/') + 1),
      versions: vulnerable_versions,
      what: title,
    })),
  )
}

/** Milliseconds that the registry has to answer. */
const longestWait = 20_000

/** Asks the registry for advisories of what is installed. Returns undefined if it keeps none or is out of reach. */
export async function askRegistry(root: string): Promise<Advisory[] | undefined> {
  const asked = Bun.spawn([process.execPath, 'audit', '--json'], {
    cwd: root,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'ignore',
    timeout: longestWait,
  })
  return readRegistryAnswer(await new Response(asked.stdout).text())
}
