import { expect, test } from 'bun:test'
import { nodeCertificates } from '../../src/platform/node/node-certificates.ts'
import { createAuthority } from '../support/certificates.ts'
import { platform } from '../support/test-app.ts'

const own = createAuthority('Test CA').certify('localhost')

test('a process tells its descriptors, and one that is not there tells nothing', async () => {
  const found = await platform.processes.look(process.pid)
  expect(found?.mostDescriptors).toBe(platform.processes.state().mostDescriptors)
  expect(found?.openDescriptors).toBeGreaterThan(2)
  expect(await platform.processes.look(0)).toBeUndefined()
})

test('the file that a process writes its output to is known, and a pipe is none', async () => {
  const path = `/tmp/grantd-looking-${process.pid}`
  const start = (stdout: 'pipe' | ReturnType<typeof Bun.file>) =>
    Bun.spawn(['cat'], { stdin: 'pipe', stdout, env: {} })
  const [toFile, toPipe] = [start(Bun.file(path)), start('pipe')]
  try {
    expect((await platform.processes.look(toFile.pid))?.outputFile).toBe(path)
    expect((await platform.processes.look(toPipe.pid))?.outputFile).toBeUndefined()
  } finally {
    for (const child of [toFile, toPipe]) {
      child.kill()
      await child.exited
    }
    await Bun.file(path).delete()
  }
})

test('the room of a disk is known, and that of nothing is not', async () => {
  const found = await platform.files.space('/')
  expect(found?.total).toBeGreaterThanOrEqual(found?.free ?? Number.NaN)
  expect(await platform.files.space('/not/there')).toBeUndefined()
})

test('the certificate of a server is looked at, though nobody vouches for it', async () => {
  const { certificate: cert, key } = own
  const fetch = () => new Response('hello')
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, tls: { cert, key }, fetch })
  const plain = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch })
  try {
    const at = { host: '127.0.0.1', port: Number(server.port), longestWait: 5000 }
    const read = nodeCertificates.readPair(own)
    expect(await nodeCertificates.look(at)).toEqual({
      notAfter: Date.UTC(2049, 11, 31, 23, 59, 59),
      isTrusted: false,
      complaint: expect.stringMatching(/CERT|SELF_SIGNED|UNABLE/),
      fingerprint: 'facts' in read ? read.facts.fingerprint : '',
    })
    expect(await nodeCertificates.look({ ...at, port: Number(plain.port) })).toBeUndefined()
    expect(await nodeCertificates.look({ ...at, port: 1 })).toBeUndefined()
  } finally {
    await server.stop(true)
    await plain.stop(true)
  }
})
