import { expect, test } from 'bun:test'
import { CommandError } from '../../src/cli/command.ts'
import { findProxy } from '../../src/cli/remote/proxy.ts'
import { isInSubnet } from '../../src/protocol/url/ip-address.ts'

type Variables = Readonly<Record<string, string>>

const proxy = 'http://proxy.example:3128'
const find = (url: string, variables: Variables) => findProxy(url, (name) => variables[name])?.url
const findBeside = (url: string, NO_PROXY: string) =>
  find(url, { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, NO_PROXY })

test.each([
  'http://localhost:3000/x',
  'https://localhost/',
  'http://LOCALHOST./',
  'http://api.localhost/',
  'http://127.0.0.1:3000',
  'http://127.9.9.9',
  'http://127.1',
  'http://2130706433',
  'http://0.0.0.0:3000',
  'http://[::1]:3000',
  'http://[0:0:0:0:0:0:0:1]',
  'http://[::ffff:127.0.0.1]:3000',
  'http://[::]:3000',
])('%s is this machine and needs no NO_PROXY', (url) => {
  expect(findBeside(url, '')).toBeUndefined()
})

const direct: readonly [url: string, exceptions: string][] = [
  ['http://auth.example', 'auth.example'],
  ['http://auth.example', 'AUTH.Example'],
  ['http://auth.example.', 'auth.example'],
  ['http://auth.example', 'auth.example.'],
  ['http://a.auth.example', 'auth.example'],
  ['http://a.auth.example', '.auth.example'],
  ['http://auth.example', '.auth.example'],
  ['http://a.auth.example', '*.auth.example'],
  ['http://auth.example', '*'],
  ['http://auth.example', 'x, auth.example ,y'],
  ['http://auth.example', 'x auth.example'],
  ['http://auth.example:3000', 'auth.example:3000'],
  ['http://auth.example', 'auth.example:80'],
  ['https://auth.example', 'auth.example:443'],
  ['http://10.1.2.3', '10.1.2.3'],
  ['http://10.1.2.3', '10.0.0.0/8'],
  ['http://10.1.2.3:3000', '10.0.0.0/8:3000'],
  ['http://10.1.2.3:3000', '10.1.2.3:3000'],
  ['http://[fd00::5]', 'fd00::/8'],
  ['http://[fd00::5]', 'fd00::5'],
  ['http://[fd00::5]:3000', '[fd00::5]:3000'],
  ['http://[fd00::5]', '[fd00::5]'],
]
test.each(direct)('%s is reached directly where NO_PROXY is %p', (url, exceptions) => {
  expect(findBeside(url, exceptions)).toBeUndefined()
})

const proxied: readonly [url: string, exceptions: string][] = [
  ['http://auth.example', ''],
  ['http://auth.example', ',, ,'],
  ['http://auth.example', 'other.example'],
  ['http://badauth.example', 'auth.example'],
  ['http://auth.example', 'a.auth.example'],
  ['http://auth.example:3000', 'auth.example:3001'],
  ['http://auth.example', '.'],
  ['http://auth.example', '10.0.0.0/8'],
  ['http://11.1.2.3', '10.0.0.0/8'],
  ['http://10.1.2.3', '10.0.0.0/33'],
  ['http://10.1.2.3', '10.0.0.0/x'],
  ['http://10.1.2.3', '10.0.0.0/'],
  ['http://10.1.2.3', '10.0.0.0/8/8'],
  ['http://[fd00::5]', 'fe00::/8'],
  ['http://128.0.0.1', ''],
  ['http://localhost.example', ''],
  ['http://notlocalhost', ''],
]
test.each(proxied)('%s goes through the proxy where NO_PROXY is %p', (url, exceptions) => {
  expect(findBeside(url, exceptions)).toBe(proxy)
})

test('http and https have a variable each, in small letters first, and nothing else names a proxy', () => {
  const both = { http_proxy: 'http://a', HTTP_PROXY: 'http://b', HTTPS_PROXY: 'http://c' }
  expect(find('http://auth.example', both)).toBe('http://a')
  expect(find('https://auth.example', both)).toBe('http://c')
  expect(find('https://auth.example', { HTTP_PROXY: 'http://b', ALL_PROXY: 'http://d' })).toBeUndefined()
  expect(find('http://auth.example', { HTTP_PROXY: '', http_proxy: '' })).toBeUndefined()
  expect(find('http://auth.example', { HTTP_PROXY: 'proxy:3128' })).toBe('http://proxy:3128')
  expect(find('http://auth.example', { http_proxy: proxy, no_proxy: '*', NO_PROXY: 'x' })).toBeUndefined()
})

test.each(['socks5://user:hunter2@proxy:1080', 'http://', 'http:///', ':3128', 'http://a b', 'ftp://p'])(
  'a proxy of %p is refused and not quoted',
  (text) => {
    const attempt = () => find('http://auth.example', { HTTP_PROXY: text })
    expect(attempt).toThrow(CommandError)
    expect(attempt).toThrow(/^HTTP_PROXY names no proxy, wanted one such as/)
    // It is no matter of a server that is reached without it.
    expect(find('http://localhost:3000', { HTTP_PROXY: text })).toBeUndefined()
  },
)

test('a subnet holds what has its bits, and what is no subnet holds nothing', () => {
  expect(isInSubnet('192.168.7.255', '192.168.4.0/22')).toBe(true)
  expect(isInSubnet('192.168.8.0', '192.168.4.0/22')).toBe(false)
  expect(isInSubnet('10.0.0.1', '0.0.0.0/0')).toBe(true)
  expect(isInSubnet('::1', '::/0')).toBe(true)
  expect(isInSubnet('name', '0.0.0.0/0')).toBe(false)
  expect(isInSubnet('10.0.0.1', 'name')).toBe(false)
  expect(isInSubnet('10.0.0.1', '')).toBe(false)
})
