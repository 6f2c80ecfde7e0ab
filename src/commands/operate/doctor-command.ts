import { type Command, exitCodes } from '../../cli/command.ts'
import { issuerPortOption, jsonOption, storageOptions } from '../../cli/options.ts'
import { urlOption } from '../../cli/remote/server-url.ts'
import { openPatient } from '../../doctor/patient.ts'
import { renderFindings } from '../../doctor/render-findings.ts'
import { runChecks } from '../../doctor/run-checks.ts'
import type { ParsedArguments } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'

export const doctorCommand: Command = {
  name: 'doctor',
  group: 'Serve',
  summary: 'Look at everything a server needs, and say what to do',
  options: [
    ...storageOptions,
    issuerPortOption,
    { ...urlOption, description: 'ask the server there, in place of server.public_url' },
    jsonOption,
  ],
  details:
    'Checks configuration, server, storage, keys, clock, issuers, TLS, proxy, disk and descriptors, whether the server\nruns or not, and changes nothing. Ends with 78 when the configuration has a\nfault, with 1 when something else is to be mended, else with 0, with warnings too.',
  example: 'grantd doctor --config /etc/grantd/config.yaml',
  run: doctor,
}

async function doctor(args: ParsedArguments, platform: Platform): Promise<number> {
  const findings = await runChecks(await openPatient(args, platform, args.text(urlOption.name)))
  const faults = findings.filter(({ state }) => state === 'fault')
  const isWell = faults.length === 0
  platform.writeOut(
    args.isSet('json') ? `${JSON.stringify({ ok: isWell, findings })}\n` : renderFindings(findings, platform),
  )
  if (isWell) return exitCodes.ok
  return faults.some(({ check }) => check === 'configuration') ? exitCodes.config : exitCodes.failed
}
