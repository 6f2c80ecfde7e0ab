import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { findBlocks, readDocument, wordOf } from '../../docs/document.ts'
import { waitFor } from '../../support/wait-for.ts'

export const proxyNames = ['nginx', 'haproxy', 'caddy'] as const
export type ProxyName = (typeof proxyNames)[number]

const languages: Readonly<Record<ProxyName, string>> = {
  nginx: 'nginx',
  haproxy: 'haproxy',
  caddy: 'caddyfile',
}

/** The configuration of docs/proxies.md for a proxy; `use` is what its block says after `proxy=`. */
export async function readConfiguration(name: ProxyName, use: string): Promise<string> {
  const blocks = findBlocks(await readDocument('docs/proxies.md'))
  const found = blocks.filter((block) => block.language === languages[name] && wordOf(block, 'proxy') === use)
  const [block] = found
  if (!block || found.length > 1) throw new Error(`Wanted one block of ${name} with proxy=${use}`)
  return block.text
}

export interface RunningProxy {
  readonly url: string
  readonly port: number
  /** What it wrote to its output. */
  output(): string
  stop(): Promise<void>
}

export interface ProxyOptions {
  readonly name: ProxyName
  /** A configuration as readConfiguration answers it. */
  readonly text: string
  readonly folder: string
  /** Where the proxy listens, without TLS. */
  readonly port: number
}

/** Starts a proxy of this machine on a loopback port and waits until it accepts connections. */
export async function startProxy(options: ProxyOptions): Promise<RunningProxy> {
  const { name, port } = options
  const folder = join(options.folder, name)
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'configuration')
  await Bun.write(file, frames[name](options.text, { port, folder }))
  const child = Bun.spawn(commands[name](file), {
    cwd: folder,
    env: { PATH: `${process.env['PATH']}:/usr/sbin`, HOME: folder },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  let text = ''
  const collect = async (stream: ReadableStream<Uint8Array>) => {
    for await (const chunk of stream) text += new TextDecoder().decode(chunk)
  }
  const streams = Promise.all([collect(child.stdout), collect(child.stderr)])
  await waitFor(`${name} accepts connections`, () => {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}: ${text}`)
    return accepts(port)
  })
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    output: () => text,
    stop: async () => {
      child.kill('SIGTERM')
      await child.exited
      await streams
    },
  }
}

async function accepts(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  )
}

const commands: Readonly<Record<ProxyName, (file: string) => string[]>> = {
  nginx: (file) => ['nginx', '-c', file],
  haproxy: (file) => ['haproxy', '-db', '-f', file],
  caddy: (file) => ['caddy', 'run', '--adapter', 'caddyfile', '--config', file],
}

interface Frame {
  readonly port: number
  readonly folder: string
}

/** What a block needs around it to run as a test: another address, no TLS, and no file outside of the folder. */
const frames: Readonly<Record<ProxyName, (text: string, frame: Frame) => string>> = {
  nginx: (text, { port, folder }) => `
daemon off;
user root;
worker_processes 2;
pid ${folder}/pid;
error_log stderr warn;
events { worker_connections 4096; }
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n  ')}
${text.replace(/listen 443 ssl.*;/, `listen 127.0.0.1:${port};`).replace(/^\s*ssl_certificate.*\n/gm, '')}
}
`,
  haproxy: (text, { port }) => text.replace(/bind :443.*/, `bind 127.0.0.1:${port}`),
  caddy: (text, { port }) => `
{
	admin off
	auto_https off
}
${text.replace(/^auth\.example\.com/m, `http://:${port}`)}`,
}
