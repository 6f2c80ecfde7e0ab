import { CommandError } from '../cli/command.ts'
import { FileError } from '../platform/files.ts'
import { StorageError } from '../storage/storage.ts'
import { firstChecks, furtherChecks } from './checks.ts'
import { type Finding, fault, unknown, type Verdict } from './finding.ts'
import type { Patient } from './patient.ts'

/** Runs every check, all at once. The findings are in the order of the checks; a check that breaks is a finding itself. */
export async function runChecks(patient: Patient): Promise<Finding[]> {
  const { opened } = patient
  const first = firstChecks.map(({ name, run }) => attempt(name, () => run(patient)))
  const further = opened
    ? furtherChecks.map(({ name, run }) => attempt(name, () => run(opened, patient)))
    : [attempt('others', () => [unknown('the other checks want a configuration without faults')])]
  return (await Promise.all([...first, ...further])).flat()
}

async function attempt(name: string, run: () => Verdict[] | Promise<Verdict[]>): Promise<Finding[]> {
  try {
    return (await run()).map((verdict) => ({ check: name, ...verdict }))
  } catch (cause) {
    return [{ check: name, ...fault(`this could not be checked: ${reasonOf(cause)}`) }]
  }
}

/** The texts of the runtime may contain what must not be shown, such as a URL with a password. */
function reasonOf(cause: unknown): string {
  const isOurs = cause instanceof CommandError || cause instanceof StorageError || cause instanceof FileError
  if (isOurs) return cause.message
  return cause instanceof Error ? cause.name : 'an error of the runtime'
}
