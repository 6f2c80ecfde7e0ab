import type { Command } from '../cli/command.ts'

/** A subcommand that is loaded where it is wanted: a start reads no other. */
export interface CommandEntry {
  readonly name: string
  readonly load: () => Promise<Command>
}

/** Every subcommand; the first is the one that runs when none is named. */
export const commands: readonly [CommandEntry, ...CommandEntry[]] = [
  { name: 'serve', load: async () => (await import('./serve.ts')).serveCommand },
  { name: 'healthcheck', load: async () => (await import('./healthcheck.ts')).healthcheckCommand },
  { name: 'init', load: async () => (await import('./init.ts')).initCommand },
  { name: 'check', load: async () => (await import('./check.ts')).checkCommand },
  { name: 'secret', load: async () => (await import('./secret.ts')).secretCommand },
  { name: 'keys', load: async () => (await import('./keys/keys.ts')).keysCommand },
  { name: 'schema', load: async () => (await import('./schema.ts')).schemaCommand },
  { name: 'tenant', load: async () => (await import('./tenant.ts')).tenantCommand },
  { name: 'client', load: async () => (await import('./client.ts')).clientCommand },
  { name: 'revoke', load: async () => (await import('./revoke.ts')).revokeCommand },
  { name: 'token', load: async () => (await import('./token.ts')).tokenCommand },
  { name: 'decode', load: async () => (await import('./decode.ts')).decodeCommand },
  { name: 'audit', load: async () => (await import('./audit.ts')).auditCommand },
  { name: 'openapi', load: async () => (await import('./openapi.ts')).openapiCommand },
  { name: 'version', load: async () => (await import('./version.ts')).versionCommand },
  {
    name: 'completion',
    load: async () => (await import('./completion.ts')).createCompletionCommand(loadCommands),
  },
]

/** All of them, for what tells of all. */
export function loadCommands(): Promise<Command[]> {
  return Promise.all(commands.map(({ load }) => load()))
}
