import { type Command, CommandError, exitCodes } from '../cli/command.ts'
import { clientOption, tenantOption } from '../cli/options.ts'
import { renderConfigSchema } from '../config/json-schema.ts'
import { parseConfig } from '../config/load.ts'
import { renderInitConfig } from '../config/starter-config.ts'
import type { ParsedArguments } from '../platform/arguments.ts'
import { FileError, type Files } from '../platform/files.ts'
import type { Platform } from '../platform/platform.ts'
import { createSecret } from '../secrets/create-secret.ts'
import { tenantPath } from '../tenants/tenant.ts'

export const initCommand: Command = {
  name: 'init',
  group: 'Configure',
  summary: 'Write a first config.yaml with a client of its own',
  words: '[DIR]',
  mostWords: 1,
  options: [
    tenantOption('the id of the tenant; default main'),
    clientOption('the id of the client; default my-service'),
  ],
  details:
    'Writes config.yaml, config.schema.json (for editors) and .gitignore into DIR, by default the current folder.\nThe secret is shown once, the file has its hash. Files that exist already are never overwritten.',
  example: 'grantd init my-server --tenant acme --client billing',
  run: init,
}

async function init(args: ParsedArguments, platform: Platform): Promise<number> {
  const { files, writeOut } = platform
  const given = args.positionals[0] ?? '.'
  const folder = files.resolve(given)
  const tenant = args.text('tenant') ?? 'main'
  const client = args.text('client') ?? 'my-service'
  const { secret, hash } = createSecret(platform)
  const text = renderInitConfig({ tenant, client, hash })
  // The file must load: an id of the command line may be invalid.
  await parseConfig({ file: 'config.yaml', text, folder }, platform)
  const lines = await writeAll(folder, text, platform)
  writeOut(`${lines.join('')}${renderNext({ given, tenant, client, secret })}`)
  return exitCodes.ok
}

/** Writes all files, or none and no folder: a config.yaml without the rest has a secret that nobody was told. Returns what to print. */
async function writeAll(folder: string, text: string, { files }: Platform): Promise<string[]> {
  const made = await findMissing(folder, files)
  const config = files.resolve(folder, 'config.yaml')
  const written: string[] = []
  const write = async (name: string, content: string) => {
    const path = files.resolve(folder, name)
    if (!(await files.create(path, content))) return `kept  ${path}, which was there already\n`
    written.push(path)
    return `wrote ${path}\n`
  }
  try {
    await files.makeFolder(folder)
    const first = await write('config.yaml', text)
    if (written.length === 0)
      throw new CommandError(
        `${config} is there already and stays as it is; choose another folder: grantd init DIR`,
      )
    return [
      first,
      await write('config.schema.json', renderConfigSchema()),
      await write('.gitignore', '# The signing keys of grantd\ndata/\n'),
    ]
  } catch (cause) {
    for (const path of written) await files.remove(path).catch(() => {})
    for (const path of made) await files.removeFolder(path).catch(() => {})
    if (!(cause instanceof FileError)) throw cause
    throw new CommandError(`init leaves nothing behind, because it failed: ${cause.message}`, { cause })
  }
}

/** The folder and its parents that are not there, the deepest first. */
async function findMissing(folder: string, files: Files): Promise<string[]> {
  const missing: string[] = []
  for (let path = folder; !(await files.facts(path)); path = files.folderOf(path)) missing.push(path)
  return missing
}

interface Next {
  readonly given: string
  readonly tenant: string
  readonly client: string
  readonly secret: string
}

function renderNext({ given, tenant, client, secret }: Next): string {
  const url = `http://localhost:3000${tenantPath(tenant)}/oauth/token`
  return [
    '',
    `The secret of ${client}, shown this once; config.yaml has only its hash:`,
    `  ${secret}`,
    '',
    'Next, start the server:',
    given === '.' ? '  grantd' : `  cd ${given} && grantd`,
    'and get a token, giving the secret when curl asks for the password:',
    `  curl -u ${client} -d grant_type=client_credentials ${url}`,
    '',
  ].join('\n')
}
