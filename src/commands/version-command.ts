import { buildInfo, renderVersion } from '../build-info.ts'
import { type Command, exitCodes } from '../cli/command.ts'
import { jsonOption } from '../cli/options.ts'

export const versionCommand: Command = {
  name: 'version',
  group: 'More',
  summary: 'Print the version, and the commit that it was built from',
  options: [jsonOption],
  details: 'The same as grantd --version and grantd -v.',
  example: 'grantd version --json',
  run: async (args, platform) => {
    const { version, commit } = buildInfo
    platform.writeOut(args.isSet('json') ? `${JSON.stringify({ version, commit })}\n` : renderVersion())
    return exitCodes.ok
  },
}
