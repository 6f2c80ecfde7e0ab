import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { $, type Subprocess } from 'bun'
import { type Host, hubAddress, until } from './hosts.ts'

export const frontUrl = `http://${hubAddress}:3000`
export const masterKey = Buffer.alloc(32, 7).toString('base64')

export interface ReplicaOptions {
  readonly executable: string
  readonly config: string
  readonly databaseUrl: string
}

/** A grantd on a host of its own, whose folder is a small disk. */
export class Replica {
  readonly host: Host
  readonly #options: ReplicaOptions
  #child: Subprocess | undefined
  #starts = 0
  /** What it runs, until it is rolled to another build. */
  #executable: string

  constructor(host: Host, options: ReplicaOptions) {
    this.host = host
    this.#options = options
    this.#executable = options.executable
  }

  get url(): string {
    return `http://${this.host.address}:3000`
  }

  get #disk(): string {
    return join(this.host.folder, 'disk')
  }

  async mountDisk(): Promise<void> {
    await mkdir(this.#disk, { recursive: true })
    await $`mount -t tmpfs -o size=1g tmpfs ${this.#disk}`
  }

  async unmountDisk(): Promise<void> {
    await $`umount -l ${this.#disk}`.nothrow().quiet()
  }

  async fillDisk(): Promise<void> {
    await $`dd if=/dev/zero of=${join(this.#disk, 'full')} bs=64k`.nothrow().quiet()
  }

  async emptyDisk(): Promise<void> {
    await $`rm -f ${join(this.#disk, 'full')}`
  }

  /** `clock`: by how many seconds the clock of the process is off. `path`: what it has to answer. */
  async start({ executable = this.#executable, clock = 0, path = '/health/ready' } = {}): Promise<void> {
    this.#executable = executable
    const file = join(this.#disk, 'config.yaml')
    await Bun.write(file, this.#options.config, { mode: 0o600 })
    const shift = clock === 0 ? [] : ['faketime', '-f', `${clock > 0 ? '+' : ''}${clock}s`]
    const command = {
      words: [...shift, executable, 'serve', '--config', file, '--data-dir', join(this.#disk, 'data')],
      env: { GRANTD_STORAGE: this.#options.databaseUrl, GRANTD_MASTER_KEY: masterKey },
    }
    const spawn = () => this.host.start(command, `disk/log-${this.#starts++}`)
    this.#child = spawn()
    await until(`${this.host.name} answers ${path}`, async () => {
      // As systemd does: while one node takes over from the other, no host takes writes, and a start ends with that.
      if (this.#child?.exitCode !== null) this.#child = spawn()
      return (await fetch(this.url + path)).ok
    })
  }

  /** As a rolling update does: SIGTERM, and all that is in flight is finished. Answers the exit code. */
  async stop(): Promise<number> {
    // The signal goes to grantd itself: faketime and ip pass none on.
    const pidsNow = async () =>
      (await $`ip netns pids gfm-${this.host.name}`.text()).split('\n').filter(Boolean)
    for (const pid of await pidsNow()) process.kill(Number(pid), 'SIGTERM')
    await until(`${this.host.name} has ended`, async () => (await pidsNow()).length === 0, 30)
    return (await this.#child?.exited) ?? 0
  }

  /** The end of the log of its last start. */
  async lastWords(): Promise<string> {
    const text = await Bun.file(join(this.#disk, `log-${this.#starts - 1}`)).text()
    return `${this.host.name}:\n${text.split('\n').slice(-4).join('\n')}`
  }

  /** The lines of its log that warn. */
  async complaints(): Promise<string[]> {
    const texts = await Promise.all(
      Array.from({ length: this.#starts }, (_, at) =>
        Bun.file(join(this.#disk, `log-${at}`))
          .text()
          .catch(() => ''),
      ),
    )
    return texts
      .join('')
      .split('\n')
      .filter((line) => /"level":"(?:warn|error)"/.test(line))
  }
}

/** HAProxy as docs/proxies.md has it for replicas, with quicker checks. */
export async function startProxy(hub: Host, replicas: readonly Replica[]): Promise<void> {
  const servers = replicas.map(
    ({ host }) => `  server ${host.name} ${host.address}:3000 check inter 500ms fall 2 rise 1`,
  )
  const text = `
defaults
  mode http
  timeout connect 1s
  timeout client 30s
  timeout server 10s
  timeout http-keep-alive 60s
  option redispatch
  retries 3
  retry-on conn-failure
frontend front
  bind ${hubAddress}:3000
  default_backend grantd
backend grantd
  balance roundrobin
  option httpchk
  http-check send meth GET uri /health/ready ver HTTP/1.1 hdr Host auth.example.com
${servers.join('\n')}
`
  await Bun.write(join(hub.folder, 'haproxy.cfg'), text)
  hub.start({ words: ['haproxy', '-db', '-f', join(hub.folder, 'haproxy.cfg')] })
  await until('HAProxy passes requests on', async () => (await fetch(`${frontUrl}/health/ready`)).ok)
}
