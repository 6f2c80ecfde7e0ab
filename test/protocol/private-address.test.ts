import { expect, test } from 'bun:test'
import { hasPrivateHost } from '../../src/protocol/url/private-address.ts'

test.each([
  'http://localhost/',
  'http://a.localhost:80/',
  'http://LOCALHOST./',
  'http://127.0.0.1/',
  'http://127.1/',
  'http://2130706433/',
  'http://0x7f.1/',
  'http://0.0.0.0/',
  'http://10.1.2.3/',
  'http://172.16.0.1/',
  'http://172.31.255.255/',
  'http://192.168.1.1/',
  'http://169.254.169.254/latest/meta-data',
  'http://100.64.0.1/',
  'http://224.0.0.1/',
  'http://255.255.255.255/',
  'http://[::1]/',
  'http://[::]/',
  'http://[fd00::1]/',
  'http://[fe80::1]/',
  'http://[::ffff:10.0.0.1]/',
  'http://[64:ff9b::a00:1]/',
  'http://[2002:a00:1::]/',
  'http://[::10.0.0.1]/',
])('%s is at a private address', (url) => expect(hasPrivateHost(url)).toBe(true))

test.each([
  'https://app.example.com/',
  'https://localhost.example.com/',
  'https://1.1.1.1/',
  'https://172.32.0.1/',
  'https://100.128.0.1/',
  'https://[2606:4700::1111]/',
  'https://[64:ff9b::101:101]/',
])('%s is not', (url) => expect(hasPrivateHost(url)).toBe(false))
