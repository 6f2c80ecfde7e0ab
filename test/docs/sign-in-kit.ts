import { join } from 'node:path'
import { Browser, type Page } from '../support/people/browser.ts'
import { goOn } from '../support/people/flow.ts'
import { siteOfServer } from '../support/people/sites.ts'
import { programs, type RunningServer, startServer, writeConfig } from '../support/spawn-server.ts'
import { waitFor } from '../support/wait-for.ts'
import { root } from './document.ts'

export const folderOfExamples = join(root, 'examples/sign-in')
export const ada = { username: 'ada@example.com', password: 'correct horse battery' }

/** The server of the examples, on a free port, for apps at these ports in place of 4000 and 4001. */
export async function startExampleServer(
  folder: string,
  ports: { readonly web?: number; readonly spa?: number },
): Promise<RunningServer> {
  const text = await Bun.file(join(folderOfExamples, 'grantd.yaml')).text()
  const yaml = text
    .replaceAll('localhost:4000', `localhost:${ports.web ?? 4000}`)
    .replaceAll('localhost:4001', `localhost:${ports.spa ?? 4001}`)
  await writeConfig(folder, yaml)
  return startServer(programs.executable, { folder })
}

export const issuerOf = ({ url }: RunningServer) => `${url}/api/v1/tenant/main`

/** Signs Ada in and allows what is asked, from the address that a program shows. */
export async function signInAt(server: RunningServer, address: string): Promise<Page> {
  const browser = new Browser(siteOfServer(server))
  const page = await browser.open(address)
  const started = page.forms.some(({ fields }) => fields.some(({ name }) => name === 'user_code'))
  return goOn(browser, started ? await browser.submit(page, {}) : page, ada)
}

/** An example that runs, and what it has printed so far. */
export class RunningExample implements AsyncDisposable {
  readonly child: Bun.Subprocess<'ignore', 'pipe', 'pipe'>
  text = ''

  constructor(command: readonly string[], env: Readonly<Record<string, string>>) {
    this.child = Bun.spawn([...command], {
      cwd: folderOfExamples,
      env: { PATH: process.env['PATH'], NO_COLOR: '1', ...env },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
    })
    for (const stream of [this.child.stdout, this.child.stderr]) void this.#collect(stream)
  }

  /** The first group of the first match, once it was printed; throws where the program ends before. */
  async find(pattern: RegExp): Promise<string> {
    return waitFor(`the example prints ${pattern}`, () => {
      const found = pattern.exec(this.text)?.[1]
      if (found === undefined && this.child.exitCode !== null)
        throw new Error(`The example ended with ${this.child.exitCode}: ${this.text}`)
      return found
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill()
    await this.child.exited
  }

  async #collect(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder()
    for await (const chunk of stream) this.text += decoder.decode(chunk, { stream: true })
  }
}
