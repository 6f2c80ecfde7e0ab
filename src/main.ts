import './platform/node/early-signals.ts'
import { runCommand } from './commands/run.ts'
import { createLog, renderCause } from './log.ts'
import { detectPlatform } from './platform/detect.ts'
import { exitProcess, onUncaughtFault } from './platform/node/node-process.ts'

const platform = await detectPlatform()

onUncaughtFault((fault) => {
  createLog(platform.writeError, Date.now)('error', 'uncaught fault', { reason: renderCause(fault) })
  exitProcess(1)
})

exitProcess(await runCommand(platform))
