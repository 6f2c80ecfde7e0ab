import { expect, test } from 'bun:test'
import { type Content, type Exposure, findExposure } from '../src/exposure.ts'

const service = 65532

function gravityOf(content: Content, mode: number | undefined, { owner = service, user = service } = {}) {
  const facts = { size: 1, mode, owner, isFile: true, identity: '', modifiedAt: 0, changedAt: 0 }
  return findExposure('/f', { content, facts, runner: { user, inKubernetes: false } })?.gravity
}

const contents: readonly Content[] = [
  'given-key',
  'kept-key',
  'secret',
  'settings',
  'database',
  'data-folder',
]

/** What is said of each content, in the order of `contents`. */
const rows: readonly [mode: number, ...gravities: (Exposure['gravity'] | undefined)[]][] = [
  [0o600, undefined, undefined, undefined, undefined, undefined, undefined],
  [0o400, undefined, undefined, undefined, undefined, undefined, undefined],
  [0o700, undefined, undefined, undefined, undefined, undefined, undefined],
  [0o710, undefined, undefined, undefined, undefined, undefined, undefined],
  [0o711, undefined, undefined, undefined, undefined, undefined, undefined],
  [0o440, 'note', 'note', undefined, undefined, undefined, undefined],
  [0o640, 'note', 'note', undefined, undefined, undefined, undefined],
  [0o660, 'note', 'note', undefined, undefined, undefined, undefined],
  [0o620, 'note', 'note', undefined, undefined, undefined, undefined],
  [0o644, 'refuse', 'refuse', 'warn', undefined, 'warn', undefined],
  [0o604, 'refuse', 'refuse', 'warn', undefined, 'warn', undefined],
  [0o755, 'refuse', 'refuse', 'warn', undefined, 'warn', undefined],
  [0o602, 'refuse', 'refuse', 'warn', 'warn', 'warn', 'warn'],
  [0o666, 'refuse', 'refuse', 'warn', 'warn', 'warn', 'warn'],
  [0o777, 'refuse', 'refuse', 'warn', 'warn', 'warn', 'warn'],
]

test.each(rows)('who reaches a file of mode %d is told by what is in it', (mode, ...gravities) => {
  expect(contents.map((content) => gravityOf(content, mode))).toEqual(gravities)
})

test('a file of another user than grantd or root is refused as a key, and told of otherwise', () => {
  const gravities = (options: object) => contents.map((content) => gravityOf(content, 0o600, options))
  const none = contents.map(() => undefined)
  expect(gravities({ owner: 1000 })).toEqual(['refuse', 'refuse', 'warn', undefined, 'warn', 'warn'])
  expect(gravities({ owner: 0 })).toEqual(none)
  // Root looks after the files of the service.
  expect(gravities({ owner: 1000, user: 0 })).toEqual(none)
})

test('what others reach is told before what the group reaches, and a system without modes has nothing to tell', () => {
  expect(gravityOf('kept-key', 0o664)).toBe('refuse')
  expect(gravityOf('kept-key', 0o640, { owner: 1000 })).toBe('refuse')
  expect(gravityOf('kept-key', undefined)).toBeUndefined()
})

test.each([
  ['given-key', 0o644, 'give its Secret volume defaultMode: 0440 and the Pod an fsGroup'],
  ['kept-key', 0o644, 'run it in an init container that mounts the volume too'],
  ['settings', 0o666, 'give its volume defaultMode: 0444'],
] as const)('in Kubernetes, and nowhere else, a %s has the step of a Pod too', (content, mode, step) => {
  const complaintOf = (inKubernetes: boolean) => {
    const facts = { size: 1, mode, owner: service, isFile: true, identity: '', modifiedAt: 0, changedAt: 0 }
    return findExposure('/f', { content, facts, runner: { user: service, inKubernetes } })?.complaint
  }
  const elsewhere = complaintOf(false)
  expect(elsewhere).toEndWith('/f')
  expect(complaintOf(true)).toBe(`${elsewhere}; in Kubernetes ${step}`)
})

test('in Kubernetes a file of another user has the user to run as', () => {
  const facts = { size: 1, mode: 0o600, owner: 1000, isFile: true, identity: '', modifiedAt: 0, changedAt: 0 }
  const looked = { content: 'kept-key', facts } as const
  const elsewhere = findExposure('/f', { ...looked, runner: { user: service, inKubernetes: false } })
  const there = findExposure('/f', { ...looked, runner: { user: service, inKubernetes: true } })
  expect(elsewhere?.complaint).toEndWith('; run: chown 65532 /f')
  expect(there?.complaint).toBe(
    `${elsewhere?.complaint}; in Kubernetes set runAsUser: 1000, or mount it anew`,
  )
})
