import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '../../src/commands/run.ts'
import { openStorage } from '../../src/storage/open.ts'
import { platform, startTestApp, type TestApp, testStart } from '../support/test-app.ts'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** A folder with a configuration, a server that runs on it, and commands beside it. */
export interface Managed {
  readonly folder: string
  readonly app: TestApp
  grantd(args: readonly string[], input?: string): Promise<Ran>
  close(): Promise<void>
}

const tenantsYaml = `
tenants:
  acme:
    name: Acme
    oauth2: { audience: [acme-api], scopes: { api:read: R, api:write: W } }
    clients:
      plain: { secret: plain-secret-value, scopes: [api:read] }
      two:
        secrets:
          - { id: gone, hash: "sha256:${'a'.repeat(64)}", expires_at: 2029-01-01T00:00:00Z }
          - { id: soon, hash: "sha256:${'b'.repeat(64)}", expires_at: 2030-01-01T00:00:10Z }
          - { id: long, hash: "sha256:${'c'.repeat(64)}", not_before: 2029-01-01T00:00:00Z }
  other:
    name: Other
    oauth2: {}
    clients:
      svc: { secret: other-secret-value }
`

/** `tenants` are further tenants, as lines under `tenants:`. */
export async function startManaged(more = '', tenants = ''): Promise<Managed> {
  const folder = await mkdtemp(join(tmpdir(), 'grantd-managed-'))
  const yaml = `data_dir: ${folder}/data\n${more}${tenantsYaml}${tenants}`
  await Bun.write(join(folder, 'config.yaml'), yaml)
  const path = join(folder, 'data/grantd.db')
  const storage = await openStorage({ kind: 'sqlite', path }, platform)
  const app = await startTestApp(yaml, { storage })
  return {
    folder,
    app,
    grantd: (args, input) => grantd(args, { input, config: join(folder, 'config.yaml') }),
    close: async () => {
      await app.close()
      await storage.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Runs a command in this process, with a clock that stands still. */
async function grantd(
  args: readonly string[],
  { input, config }: { readonly input: string | undefined; readonly config: string },
): Promise<Ran> {
  let [out, err] = ['', '']
  const writeOut = (text: string) => {
    out += text
  }
  const code = await runCommand({
    ...platform,
    args: [...args],
    now: () => testStart,
    environment: (name) => (name === 'GRANTD_CONFIG' ? config : undefined),
    readInput: async () => input,
    writeOut,
    writeOutPaced: async (text) => {
      writeOut(text)
      return true
    },
    writeError: (text) => {
      err += text
    },
  })
  return { code, out, err }
}
