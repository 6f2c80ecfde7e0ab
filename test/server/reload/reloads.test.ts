import { expect, test } from 'bun:test'
import { ReloadLog } from '../../../src/metrics/reload-log.ts'
import { Reloads } from '../../../src/server/reload/reloads.ts'
import type { ConfigSource } from '../../../src/supervisor/worker-messages.ts'

const sourceOf = (text: string): ConfigSource => ({ path: 'config.yaml', folder: '/', text })

/** Reloads whose files have the text `state.file`, and which wait for `release` before they are in force. */
function openReloads() {
  const state = { file: 'first', applied: [] as (string | null)[], release: [] as (() => void)[] }
  const reloads = new Reloads({
    read: async () => sourceOf(state.file),
    apply: async ({ text }) => {
      state.applied.push(text)
      await new Promise<void>((resolve) => void state.release.push(resolve))
      return { isTaken: true, fixed: [], warnings: [], watch: false }
    },
    onDone: () => {},
    noteRejected: () => {},
    log: () => {},
    history: new ReloadLog(() => 0),
  })
  const settle = async () => {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  }
  const release = async () => {
    state.release.shift()?.()
    await settle()
  }
  return { state, reloads, settle, release }
}

test('callers that wait share one reload, which begins to read after the last of them, also where the first has read already', async () => {
  const { state, reloads, settle, release } = openReloads()
  const running = reloads.run('SIGHUP')
  await settle()
  const seen = sourceOf('second')
  const watched = reloads.run('server.watch', async () => seen)
  state.file = 'third'
  const asked = reloads.run('grantd reload')
  expect(asked).toBe(watched)
  await release()
  expect(state.applied).toEqual(['first', 'third'])
  await release()
  for (const each of [running, watched, asked]) expect((await each).isTaken).toBe(true)
})

test('what was read already is put in force where nobody else waits', async () => {
  const { state, reloads, settle, release } = openReloads()
  const alone = reloads.run('server.watch', async () => sourceOf('seen'))
  await settle()
  await release()
  await alone
  const running = reloads.run('SIGHUP')
  await settle()
  const watched = reloads.run('server.watch', async () => sourceOf('seen later'))
  await release()
  await release()
  await Promise.all([running, watched])
  expect(state.applied).toEqual(['seen', 'first', 'seen later'])
})
