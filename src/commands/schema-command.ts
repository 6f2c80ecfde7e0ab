import { type Command, exitCodes } from '../cli/command.ts'
import { renderConfigSchema, renderIncludedSchema } from '../config/json-schema.ts'

export const schemaCommand: Command = {
  name: 'schema',
  group: 'Configure',
  summary: 'Print the JSON Schema of config.yaml, for editors',
  options: [{ name: 'included', description: 'print the schema of files that config.yaml includes' }],
  details:
    'An editor with a YAML language server completes and checks config.yaml while you type, when the first line of it is\n  # yaml-language-server: $schema=config.schema.json',
  example: 'grantd schema > config.schema.json',
  run: async (args, platform) => {
    platform.writeOut(args.isSet('included') ? renderIncludedSchema() : renderConfigSchema())
    return exitCodes.ok
  },
}
