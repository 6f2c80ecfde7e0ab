import { auditCommand } from './audit.ts'
import { checkCommand } from './check.ts'
import { clientCommand } from './client.ts'
import type { Command } from './command.ts'
import { createCompletionCommand } from './completion.ts'
import { decodeCommand } from './decode.ts'
import { healthcheckCommand } from './healthcheck.ts'
import { initCommand } from './init.ts'
import { keysCommand } from './keys.ts'
import { openapiCommand } from './openapi.ts'
import { revokeCommand } from './revoke.ts'
import { schemaCommand } from './schema.ts'
import { secretCommand } from './secret.ts'
import { serveCommand } from './serve.ts'
import { tenantCommand } from './tenant.ts'
import { tokenCommand } from './token.ts'

/** Every subcommand; the first is the one that runs when none is named. */
export const commands: readonly [Command, ...Command[]] = [
  serveCommand,
  healthcheckCommand,
  initCommand,
  checkCommand,
  secretCommand,
  keysCommand,
  schemaCommand,
  tenantCommand,
  clientCommand,
  revokeCommand,
  tokenCommand,
  decodeCommand,
  auditCommand,
  openapiCommand,
  createCompletionCommand(() => commands),
]
