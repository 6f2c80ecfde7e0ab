import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Glob } from 'bun'
import { root } from './document.ts'

export interface Ran {
  readonly code: number
  readonly output: string
}

/** The port of grantd in the documents. */
export const grantdPort = '3000'

/**
 * A shell for the blocks of one document: what one block exports, the next one has. `grantd` is on its PATH, and its
 * folder is gone in the end. A server gets a free port, which takes the place of the printed one on the way in, and the
 * other way round on the way out.
 */
export class DocumentShell {
  readonly folder: string
  readonly #child: Bun.Subprocess<'pipe', 'pipe', 'inherit'>
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  #text = ''
  #marks = 0
  /** Printed ports and the real ones. */
  readonly #ports = new Map<string, string>()
  #secret = 'gds_none-was-printed'

  static async open(): Promise<DocumentShell> {
    const folder = await mkdtemp(join(tmpdir(), 'grantd-docs-'))
    await Bun.$`mkdir ${folder}/.bin`
    await symlink(join(root, 'dist/grantd'), join(folder, '.bin/grantd'))
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    return new DocumentShell(folder)
  }

  private constructor(folder: string) {
    this.folder = folder
    this.#child = Bun.spawn(['bash'], {
      cwd: folder,
      env: {
        PATH: `${folder}/.bin:${process.env['PATH']}`,
        HOME: folder,
        PORT: '0',
      },
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'inherit',
    })
    this.#reader = this.#child.stdout.getReader()
  }

  async close(): Promise<void> {
    await this.#send('kill $(jobs -p); wait')
    this.#child.stdin.end()
    await this.#child.exited
    await rm(this.folder, { recursive: true, force: true })
  }

  /** Runs commands to their end. */
  async run(commands: string): Promise<Ran> {
    const ran = await this.#send(this.#toOurs(commands))
    this.#noteSecret(ran.output)
    await this.#dropPublicUrls()
    return { ...ran, output: this.#toPrinted(ran.output) }
  }

  /**
   * Starts a server that runs on, in place of the one of the same printed port, and answers what it printed so far, once
   * it says where it listens.
   */
  async serve(command: string, printedPort: string): Promise<Ran> {
    const log = join(this.folder, `.${printedPort}.log`)
    const pid = `SERVER_${printedPort}`
    const ready = `until grep -qs 'listens on' ${log}; do kill -0 $${pid} || break; sleep 0.05; done`
    // Without the log of the server before, which says where that one listened.
    await this.#send(`if [ -n "$${pid}" ]; then kill $${pid}; wait $${pid}; fi; rm -f ${log}`)
    // Of commands only the server may have any port: the others would say that it is none.
    await this.#send(`had=$GRANTD_PORT; export GRANTD_PORT=\${had:-0}`)
    await this.#send(`${this.#toOurs(command.trim())} > ${log} 2>&1 & ${pid}=$!; ${ready}`)
    await this.#send(`[ -n "$had" ] || unset GRANTD_PORT`)
    const output = await Bun.file(log).text()
    const port = /listens on \S+:(\d+)\n/.exec(output)?.[1]
    if (port !== undefined) this.#ports.set(printedPort, port)
    this.#noteSecret(output)
    if (printedPort === grantdPort) {
      await this.#send(`export GRANTD_PORT=${port} GRANTD_URL=http://localhost:${port}`)
    }
    return { code: port === undefined ? 1 : 0, output: this.#toPrinted(output) }
  }

  /** Writes a file of the document into the folder where the shell is. */
  async write(name: string, text: string): Promise<void> {
    const { output } = await this.#send('pwd')
    await Bun.write(join(output.trim(), name), this.#toOurs(text))
  }

  #noteSecret(output: string): void {
    this.#secret = /gds_\w{49}/.exec(output)?.[0] ?? this.#secret
  }

  /** The default follows the port of the server; what `grantd init` writes would not. */
  async #dropPublicUrls(): Promise<void> {
    for await (const path of new Glob('**/config.yaml').scan({ cwd: this.folder, absolute: true })) {
      const text = await Bun.file(path).text()
      await Bun.write(path, text.replace(/^ *public_url: http:\/\/localhost:3000\n/m, ''))
    }
  }

  #toOurs(text: string): string {
    const withPorts = [...this.#ports].reduce(
      (current, [printed, real]) =>
        current.replaceAll(new RegExp(`(localhost|127\\.0\\.0\\.1):${printed}\\b`, 'g'), `$1:${real}`),
      text,
    )
    return withPorts.replaceAll('gds_...', this.#secret)
  }

  #toPrinted(text: string): string {
    const withPorts = [...this.#ports].reduce(
      (current, [printed, real]) => current.replaceAll(`:${real}`, `:${printed}`),
      text,
    )
    return withPorts.replaceAll(this.folder, '/home/you')
  }

  async #send(commands: string): Promise<Ran> {
    const mark = `__end_${++this.#marks}__`
    this.#child.stdin.write(`{\n${commands}\n} </dev/null 2>&1\nprintf '\\n%s %d\\n' ${mark} $?\n`)
    await this.#child.stdin.flush()
    const decoder = new TextDecoder()
    const end = new RegExp(`\n${mark} (\\d+)\n`)
    for (;;) {
      const found = end.exec(this.#text)
      if (found) {
        const output = this.#text.slice(0, found.index)
        this.#text = this.#text.slice(found.index + found[0].length)
        return { code: Number(found[1]), output }
      }
      const { value, done } = await this.#reader.read()
      if (done) throw new Error(`The shell ended: ${this.#text}`)
      this.#text += decoder.decode(value, { stream: true })
    }
  }
}
