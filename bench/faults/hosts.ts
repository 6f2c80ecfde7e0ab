import { chown, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { $, type Subprocess } from 'bun'

/** Hosts of this machine: network namespaces on one bridge, each with an address of its own. The bridge is in the namespace `hub`. */

const prefix = 'gfm'
const subnet = '10.99.77'
export const hubAddress = `${subnet}.1`
const namespaceOf = (name: string) => `${prefix}-${name}`

/** Makes the namespace in which the load, HAProxy and etcd run. What an earlier run left is removed first. */
export async function makeHub(): Promise<void> {
  await removeHosts()
  const hub = namespaceOf('hub')
  await $`ip netns add ${hub}`
  await $`ip -n ${hub} link set lo up`
  await $`ip -n ${hub} link add br0 type bridge`
  await $`ip -n ${hub} addr add ${hubAddress}/24 dev br0`
  await $`ip -n ${hub} link set br0 up`
}

export async function removeHosts(): Promise<void> {
  const listed = await $`ip netns list`.text()
  for (const line of listed.split('\n')) {
    const [name = ''] = line.split(' ')
    if (name.startsWith(`${prefix}-`)) await $`ip netns del ${name}`
  }
}

export interface Command {
  readonly words: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Runs as nobody where Postgres and its helpers refuse root. */
  readonly asNobody?: boolean
}

const nobody = 65534

export class Host {
  readonly name: string
  readonly address: string
  readonly folder: string
  readonly #link: string
  readonly #running = new Set<Subprocess>()

  private constructor(name: string, number: number, folder: string) {
    this.name = name
    this.address = `${subnet}.${number}`
    this.folder = folder
    this.#link = `v${name}`
  }

  static async make(name: string, { number, base }: { number: number; base: string }): Promise<Host> {
    const host = new Host(name, number, join(base, name))
    const [hub, own] = [namespaceOf('hub'), namespaceOf(name)]
    await mkdir(host.folder, { recursive: true })
    await chown(host.folder, nobody, nobody)
    await $`ip netns add ${own}`
    await $`ip -n ${own} link set lo up`
    await $`ip -n ${hub} link add ${host.#link} type veth peer name eth0 netns ${own}`
    await $`ip -n ${hub} link set ${host.#link} master br0 up`
    await $`ip -n ${own} addr add ${host.address}/24 dev eth0`
    await $`ip -n ${own} link set eth0 up`
    return host
  }

  /** The hub itself, in whose namespace this process runs. */
  static async atHub(base: string): Promise<Host> {
    const hub = new Host('hub', 1, join(base, 'hub'))
    await mkdir(hub.folder, { recursive: true })
    await chown(hub.folder, nobody, nobody)
    return hub
  }

  /** Pulls the cable. */
  async cutOff(): Promise<void> {
    await $`ip -n ${namespaceOf('hub')} link set ${this.#link} down`
  }

  async reconnect(): Promise<void> {
    await $`ip -n ${namespaceOf('hub')} link set ${this.#link} up`
  }

  async write(name: string, text: string): Promise<string> {
    const path = join(this.folder, name)
    await writeFile(path, text, { mode: 0o600 })
    await chown(path, nobody, nobody)
    return path
  }

  /** Starts a program on this host. Its output goes to a file of the host's folder. */
  start(
    { words, env = {}, asNobody = false }: Command,
    log = `${words[0]?.split('/').at(-1)}.log`,
  ): Subprocess {
    const rights = asNobody
      ? ['setpriv', '--reuid', `${nobody}`, '--regid', `${nobody}`, '--clear-groups']
      : []
    const output = Bun.file(join(this.folder, log))
    const child = Bun.spawn(['ip', 'netns', 'exec', namespaceOf(this.name), ...rights, ...words], {
      cwd: this.folder,
      env: { PATH: '/usr/local/bin:/usr/sbin:/usr/bin:/bin', HOME: this.folder, LC_ALL: 'C.UTF-8', ...env },
      stdout: output,
      stderr: output,
    })
    this.#running.add(child)
    void child.exited.then(() => this.#running.delete(child))
    return child
  }

  /** Ends every process of the host at once, as a power cut does. */
  async powerOff(): Promise<void> {
    if (this.name === 'hub') {
      for (const child of this.#running) child.kill('SIGKILL')
      return
    }
    const pids = (await $`ip netns pids ${namespaceOf(this.name)}`.text()).split('\n').filter(Boolean)
    for (const pid of pids) {
      try {
        process.kill(Number(pid), 'SIGKILL')
      } catch {
        // It has ended meanwhile.
      }
    }
    await Promise.all([...this.#running].map((child) => child.exited))
  }
}

/** Asks until the answer is true; throws with `what` after `seconds`. */
export async function until(
  what: string,
  isSo: () => Promise<boolean> | boolean,
  seconds = 90,
): Promise<void> {
  const end = performance.now() + seconds * 1000
  while (!(await Promise.resolve(isSo()).catch(() => false))) {
    if (performance.now() > end) throw new Error(`Not within ${seconds} s: ${what}`)
    await Bun.sleep(50)
  }
}
