import { expect, test } from 'bun:test'
import { createConfigFinder } from '../../src/cli/find-config.ts'
import { parseArguments } from '../../src/platform/arguments.ts'
import { platform } from '../support/test-app.ts'

test('a running server keeps to the file that it found, also when that is gone and another one is there', async () => {
  const present = new Set<string>()
  const facts = async (path: string) =>
    present.has(path) ? await platform.files.facts(import.meta.path) : undefined
  const args = parseArguments([], { types: { config: 'string' }, aliases: {} })
  const findPath = createConfigFinder(args, {
    ...platform,
    environment: () => undefined,
    files: { ...platform.files, facts },
  })
  expect(await findPath()).toBeUndefined()
  present.add('config.yaml')
  expect(await findPath()).toBe('config.yaml')
  present.delete('config.yaml')
  present.add('/etc/grantd/config.yaml')
  expect(await findPath()).toBe('config.yaml')
})
