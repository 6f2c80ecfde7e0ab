import { expect, test } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPatient } from '../../src/doctor/patient.ts'
import { runChecks } from '../../src/doctor/run-checks.ts'
import { parseArguments } from '../../src/platform/arguments.ts'
import { FileError } from '../../src/platform/files.ts'
import { platform } from '../support/test-app.ts'

test('a user who may not enter the data_dir is told so, and not that all is well', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'grantd-patient-'))
  try {
    const config = join(folder, 'config.yaml')
    await writeFile(config, 'tenants: { acme: { name: Acme, oauth2: {} } }\n', { mode: 0o600 })
    const refuse = (action: string, path: string) => Promise.reject(new FileError(action, path, 'EACCES'))
    const data = join(folder, 'data')
    const files: typeof platform.files = {
      ...platform.files,
      list: (path) => (path.startsWith(data) ? refuse('list', path) : platform.files.list(path)),
      facts: (path) => (path.startsWith(data) ? refuse('look at', path) : platform.files.facts(path)),
    }
    const words = ['--config', config, '--url', 'http://127.0.0.1:1']
    const args = parseArguments(words, { types: { config: 'string', url: 'string' }, aliases: {} })
    const host = { ...platform, files, environment: () => undefined }
    const findings = await runChecks(await openPatient(args, host, args.text('url')))
    const of = (name: string) => findings.find(({ check }) => check === name)
    expect(of('server')).toMatchObject({
      state: 'unknown',
      message: expect.stringContaining('EACCES; run doctor as the user of the server'),
    })
    expect(of('storage')).toMatchObject({
      state: 'fault',
      message: `Cannot look at ${data}/grantd.db: EACCES; run doctor as the user of the server, or give this user the files`,
    })
    expect(of('keys')?.state).toBe('unknown')
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a check that breaks is a finding, and the others are made', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'grantd-patient-'))
  try {
    const config = join(folder, 'config.yaml')
    await writeFile(config, 'tenants: { acme: { name: Acme, oauth2: {} } }\n', { mode: 0o600 })
    const args = parseArguments(['--config', config], { types: { config: 'string' }, aliases: {} })
    const broken = {
      ...platform,
      environment: () => undefined,
      files: { ...platform.files, space: () => Promise.reject(new TypeError('hunter2')) },
    }
    const findings = await runChecks(await openPatient(args, broken, 'http://127.0.0.1:1'))
    expect(findings.find(({ check }) => check === 'disk')).toEqual({
      check: 'disk',
      state: 'fault',
      message: 'this could not be checked: TypeError',
    })
    expect(findings.at(-1)?.check).toBe('descriptors')
  } finally {
    await rm(folder, { recursive: true })
  }
})
