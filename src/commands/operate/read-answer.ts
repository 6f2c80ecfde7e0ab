import { CommandError } from '../../cli/command.ts'
import { isMembers, type Members, parseJson } from '../../protocol/members.ts'
import type { ControlAnswer } from '../../server/reload/control-messages.ts'

/** Reads what a server said, which may be of another version, or be killed in the middle of it. Throws CommandError. */
export function readAnswer(text: string, path: string): ControlAnswer {
  const value = parseJson(text)
  if (!isMembers(value))
    throw new CommandError(
      `The server at ${path} broke its answer off; it ended meanwhile, or is no grantd: its log says more, and so does grantd doctor`,
    )
  if (typeof value['error'] === 'string')
    throw new CommandError(`The server at ${path} cannot do it: ${value['error']}`)
  if (isAnswer(value)) return value
  throw new CommandError(
    `The server at ${path} gave an answer that this command does not understand, because it is of another version; use the grantd of its version`,
  )
}

function isAnswer(value: Members): value is Members & ControlAnswer {
  const { hello, plan, reload, restartWorkers } = value
  return (
    isMembers(hello) ||
    typeof restartWorkers === 'string' ||
    isResult(plan, ({ changes, fixed }) => areChanges(changes) && isList(fixed)) ||
    isResult(reload, ({ fixed, warnings }) => isList(fixed) && isList(warnings))
  )
}

function isResult(value: unknown, isTaken: (value: Members) => boolean): boolean {
  if (!isMembers(value)) return false
  return value['isTaken'] === true ? isTaken(value) : value['isTaken'] === false && isList(value['faults'])
}

function areChanges(value: unknown): boolean {
  return (
    isList(value) &&
    value.every(
      (each) =>
        isMembers(each) &&
        ['what', 'change'].every((name) => typeof each[name] === 'string') &&
        ['settings', 'effects'].every((name) => isList(each[name])),
    )
  )
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}
