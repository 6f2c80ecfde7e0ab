import { expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { threadPriority } from '../../src/platform/bun/bun-password-job.ts'
import { bunPasswords, startPasswordThread } from '../../src/platform/bun/bun-passwords.ts'
import { waitFor } from '../support/wait-for.ts'

const cost = { memory: 64, passes: 1 }
const hash = await Bun.password.hash('right', { algorithm: 'argon2id', memoryCost: 64, timeCost: 1 })
const bcrypt = await Bun.password.hash('right', { algorithm: 'bcrypt', cost: 4 })

/** Whether a thread of this process has the priority (proc_pid_stat(5)). */
function hasThreadOf(priority: number): boolean {
  const stats = readdirSync('/proc/self/task').map((id) => readFileSync(`/proc/self/task/${id}/stat`, 'utf8'))
  return stats.some((text) => text.slice(text.lastIndexOf(')') + 2).split(' ')[16] === `${priority}`)
}

test.skipIf(process.platform !== 'linux')(
  'after a few hashes a thread of a low priority makes them, with the same results and errors',
  async () => {
    const started: Worker[] = []
    let answers = 0
    const start = () => {
      const worker = startPasswordThread()
      worker.addEventListener('message', () => answers++)
      started.push(worker)
      return worker
    }
    const passwords = bunPasswords({ most: 1, start })
    for (const _ of [1, 2]) expect(await passwords.verify('right', hash)).toBe(true)
    expect(started).toHaveLength(0)
    expect(await passwords.verify('wrong', hash)).toBe(false)
    expect(started).toHaveLength(1)
    await waitFor('the thread is ready', () => answers === 1)
    expect(hasThreadOf(threadPriority)).toBe(true)
    expect(await passwords.verify('right', hash)).toBe(true)
    expect(await passwords.verify('wrong', hash)).toBe(false)
    expect(await passwords.verify(new TextEncoder().encode('right'), bcrypt)).toBe(true)
    expect(await passwords.verify('right', await passwords.hash('right', cost))).toBe(true)
    expect(answers).toBe(6)
    // Of two at once, the second one finds no idle thread.
    const both = ['right', 'wrong'].map((each) => passwords.verify(each, hash))
    expect(await Promise.all(both)).toEqual([true, false])
    expect(answers).toBe(7)
    const refusal = await passwords.verify('right', 'no hash').catch((cause: Error) => cause.message)
    expect(refusal).toContain('UnsupportedAlgorithm')
    expect(started).toHaveLength(1)
    started[0]?.terminate()
  },
)

test('a thread that cannot be had, or ends, changes no result', async () => {
  const failing = bunPasswords({
    most: 1,
    start: () => {
      throw new Error('no thread')
    },
  })
  for (const _ of [1, 2, 3, 4]) expect(await failing.verify('right', hash)).toBe(true)
  const ended: Worker[] = []
  const passwords = bunPasswords({
    most: 1,
    start: () => {
      const worker = startPasswordThread()
      ended.push(worker)
      return worker
    },
  })
  for (const _ of [1, 2, 3]) expect(await passwords.verify('right', hash)).toBe(true)
  ended[0]?.terminate()
  for (const _ of [1, 2, 3]) expect(await passwords.verify('wrong', hash)).toBe(false)
})
