import { exitCodes } from '../../cli/command.ts'
import { renderTime } from '../../cli/render-time.ts'
import type { KeyReport, ReportedKey } from '../../keys/key-report.ts'
import type { DueStep } from '../../keys/ring/rotation.ts'
import type { OpenedKeyring } from '../../offline/with-keyring.ts'
import type { ParsedArguments } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'

/** Prints the keys of each tenant and the steps to come. */
export async function planRotation(
  { keyring, tenantIds }: OpenedKeyring,
  args: ParsedArguments,
  platform: Platform,
): Promise<number> {
  const reports: KeyReport[] = []
  for (const id of tenantIds) reports.push(await keyring.report(id, { withPrivate: false }))
  if (args.isSet('json')) platform.writeOut(`${JSON.stringify(reports.map(toJson))}\n`)
  else platform.writeOut(reports.map(renderReport).join(''))
  return exitCodes.ok
}

function toJson({ plan, keys, steps }: KeyReport) {
  const { tenantId, rotateEvery, publishAhead } = plan
  return {
    tenant: tenantId,
    rotate_every: rotateEvery === null ? null : rotateEvery / 1000,
    publish_ahead: publishAhead / 1000,
    keys: keys.map(({ kid, state, algorithm, createdAt, activatedAt, retiredAt }) => ({
      ...{ kid, state, algorithm },
      ...{ created_at: toTime(createdAt), activated_at: toTime(activatedAt), retired_at: toTime(retiredAt) },
    })),
    steps: steps.map((step) => ({
      at: toTime(step.at),
      step: step.kind,
      ...('kid' in step && step.kid !== '' && { kid: step.kid }),
    })),
  }
}

function renderReport(report: KeyReport): string {
  const { plan, keys, steps } = report
  const lines = [
    ...keys.map((key) => `${key.state.padEnd(8)}  ${key.kid}  ${key.algorithm}  ${renderSince(key)}`),
    ...steps.map((step) => `${renderTime(step.at)}  ${renderStep(step)}`),
    ...renderRemark(report),
  ]
  return `${plan.tenantId}\n${lines.map((line) => `  ${line}\n`).join('')}`
}

function renderSince({ state, createdAt, activatedAt, retiredAt }: ReportedKey): string {
  if (createdAt === null) return 'signs'
  if (state === 'next') return `published since ${renderTime(createdAt)}`
  if (state === 'active') return `signs since ${renderTime(activatedAt ?? createdAt)}`
  return `signed until ${renderTime(retiredAt ?? createdAt)}`
}

function renderStep(step: DueStep): string {
  switch (step.kind) {
    case 'create':
      return 'the next key is made and published'
    case 'activate':
      return step.kid === '' ? 'that key signs' : `${step.kid} signs`
    case 'forget':
      return `the private half of ${step.kid} is destroyed`
    case 'remove':
      return `${step.kid} leaves the JWK Set`
    case 'amend':
      return 'times that lie in the future are set right'
  }
}

function renderRemark({ plan, keys, complaint }: KeyReport): string[] {
  if (complaint !== undefined) return [complaint]
  if (plan.file !== null) return ['its key is private_key_file, which grantd does not replace']
  if (keys.length === 0) return ['no key yet; made at the first start, or by: grantd keys generate']
  return plan.rotateEvery === null
    ? ['no rotation is planned (signing.rotate_every); rotate with: grantd keys rotate']
    : []
}

function toTime(time: number | null): string | null {
  return time === null ? null : renderTime(time)
}
