import { afterAll, describe, expect, test } from 'bun:test'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { nodeOutbound } from '../../src/platform/node/node-outbound.ts'
import type { OutboundPost } from '../../src/platform/outbound.ts'
import { createAuthority } from '../support/certificates.ts'
import { platform } from '../support/test-app.ts'
import { waitFor } from '../support/wait-for.ts'

const authority = createAuthority('Test Authority')
const { certificate, key } = authority.certify('client.example')
const servers: Server[] = []
afterAll(() => {
  for (const server of servers) server.close()
})

interface Seen {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: Record<string, unknown>
  readonly body: string
}

async function serve(answer: RequestListener, isTls = false) {
  const seen: Seen[] = []
  const listener: RequestListener = (request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += String(chunk)
    })
    request.on('end', () => {
      seen.push({ method: request.method, url: request.url, headers: { ...request.headers }, body })
      answer(request, response)
    })
  }
  const server = isTls ? createTlsServer({ cert: certificate, key }, listener) : createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  return { seen, port: (server.address() as AddressInfo).port }
}

const outbound = nodeOutbound({ authorities: authority.certificate })
const ok: RequestListener = (_, response) => void response.end('fine')

function post(url: string, more: Partial<OutboundPost> = {}) {
  const form = new URLSearchParams({ logout_token: 'a.b&c' })
  const signal = new AbortController().signal
  return outbound.post({ url, address: '127.0.0.1', form, userAgent: 'grantd', signal, ...more })
}

test('a form is posted to the address, with the name and the path of the URL', async () => {
  const { seen, port } = await serve(ok)
  expect(await post(`http://client.example:${port}/out?a=1&b=%20`)).toBe(200)
  expect(seen).toEqual([
    {
      ...{ method: 'POST', url: '/out?a=1&b=%20', body: 'logout_token=a.b%26c' },
      headers: {
        ...{ host: `client.example:${port}`, 'content-type': 'application/x-www-form-urlencoded' },
        ...{ 'content-length': '20', 'user-agent': 'grantd', connection: 'close' },
      },
    },
  ])
})

describe('over TLS', () => {
  test('the certificate has to be of the name in the URL, and not of the address', async () => {
    const { seen, port } = await serve(ok, true)
    expect(await post(`https://client.example:${port}/`)).toBe(200)
    expect(seen[0]?.headers['host']).toBe(`client.example:${port}`)
    expect(post(`https://other.example:${port}/`)).rejects.toThrow()
    expect(post(`https://127.0.0.1:${port}/`)).rejects.toThrow()
  })

  test('an authority that nobody knows is refused', async () => {
    const { seen, port } = await serve(ok, true)
    const request = { url: `https://client.example:${port}/`, address: '127.0.0.1', userAgent: 'grantd' }
    const more = { form: new URLSearchParams(), signal: new AbortController().signal }
    await expect(nodeOutbound().post({ ...request, ...more })).rejects.toThrow()
    expect(seen).toEqual([])
  })
})

test('a redirect is not followed', async () => {
  const target = await serve(ok)
  const { port } = await serve((_, response) => {
    response.writeHead(307, { Location: `http://127.0.0.1:${target.port}/` }).end()
  })
  expect(await post(`http://client.example:${port}/`)).toBe(307)
  expect(target.seen).toEqual([])
})

test('the status is enough: a body without an end is not read, and the connection is closed', async () => {
  let isClosed = false
  const { port } = await serve((_, response) => {
    response.on('close', () => {
      isClosed = true
    })
    const write = () => {
      while (!isClosed && response.write('x'.repeat(65_536)));
    }
    response.on('drain', write)
    write()
  })
  expect(await post(`http://client.example:${port}/`)).toBe(200)
  await waitFor('the connection is closed', () => isClosed)
})

test('a server that does not answer is left when the signal says so', async () => {
  const { seen, port } = await serve(() => {})
  const end = new AbortController()
  const posted = post(`http://client.example:${port}/`, { signal: end.signal })
  await waitFor('it is asked', () => seen.length === 1)
  end.abort()
  expect(posted).rejects.toThrow()
})

test('what is no HTTP, and a port that nobody has, throw', async () => {
  const { port } = await serve((request) => void request.socket.end('SSH-2.0-x\r\n\r\n'))
  expect(post(`http://client.example:${port}/`)).rejects.toThrow()
  expect(post('http://client.example:1/')).rejects.toThrow()
})

test('proxies of the environment are not used', async () => {
  const proxy = await serve(ok)
  const { port } = await serve((_, response) => void response.writeHead(204).end())
  const names = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'ALL_PROXY', 'NODE_USE_ENV_PROXY']
  const kept = names.map((name) => [name, process.env[name]] as const)
  try {
    for (const name of names) process.env[name] = `http://127.0.0.1:${proxy.port}`
    expect(await post(`http://client.example:${port}/`)).toBe(204)
    expect(proxy.seen).toEqual([])
  } finally {
    for (const [name, value] of kept) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
})

test('a name has its addresses, an address has itself, and an unknown name throws', async () => {
  const { resolve } = platform.outbound
  expect((await resolve('localhost')).some((address) => ['127.0.0.1', '::1'].includes(address))).toBe(true)
  expect(await resolve('127.0.0.1')).toEqual(['127.0.0.1'])
  expect(resolve('nobody.invalid')).rejects.toThrow()
})
