import type { Command } from '../cli/command.ts'

/** A subcommand that is loaded when it is named, so that a start reads no other. */
export interface CommandEntry {
  readonly name: string
  readonly load: () => Promise<Command>
}

/** Every subcommand. The first one runs when none is named. */
export const commands: readonly [CommandEntry, ...CommandEntry[]] = [
  { name: 'serve', load: async () => (await import('./serve-command.ts')).serveCommand },
  { name: 'healthcheck', load: async () => (await import('./healthcheck-command.ts')).healthcheckCommand },
  { name: 'reload', load: async () => (await import('./operate/reload-command.ts')).reloadCommand },
  { name: 'plan', load: async () => (await import('./operate/plan-command.ts')).planCommand },
  { name: 'doctor', load: async () => (await import('./operate/doctor-command.ts')).doctorCommand },
  { name: 'init', load: async () => (await import('./init-command.ts')).initCommand },
  { name: 'check', load: async () => (await import('./check-command.ts')).checkCommand },
  { name: 'secret', load: async () => (await import('./secret/secret-command.ts')).secretCommand },
  { name: 'keys', load: async () => (await import('./keys/keys-command.ts')).keysCommand },
  { name: 'schema', load: async () => (await import('./schema-command.ts')).schemaCommand },
  { name: 'tenant', load: async () => (await import('./tenant-command.ts')).tenantCommand },
  { name: 'client', load: async () => (await import('./client/client-command.ts')).clientCommand },
  { name: 'user', load: async () => (await import('./user/user-command.ts')).userCommand },
  { name: 'import', load: async () => (await import('./import/import-command.ts')).importCommand },
  { name: 'revoke', load: async () => (await import('./revoke/revoke-command.ts')).revokeCommand },
  { name: 'backup', load: async () => (await import('./backup/backup-command.ts')).backupCommand },
  { name: 'restore', load: async () => (await import('./backup/restore-command.ts')).restoreCommand },
  { name: 'token', load: async () => (await import('./token-command.ts')).tokenCommand },
  { name: 'login', load: async () => (await import('./login/login-command.ts')).loginCommand },
  { name: 'decode', load: async () => (await import('./decode-command.ts')).decodeCommand },
  { name: 'explain', load: async () => (await import('./operate/explain-command.ts')).explainCommand },
  { name: 'audit', load: async () => (await import('./audit-command.ts')).auditCommand },
  { name: 'openapi', load: async () => (await import('./openapi-command.ts')).openapiCommand },
  { name: 'version', load: async () => (await import('./version-command.ts')).versionCommand },
  {
    name: 'completion',
    load: async () => (await import('./completion-command.ts')).createCompletionCommand(loadCommands),
  },
]

/** All commands, for the help and for completion. */
export function loadCommands(): Promise<Command[]> {
  return Promise.all(commands.map(({ load }) => load()))
}
