import { expect, test } from 'bun:test'
import { uriText } from '../../src/protocol/finding-words.ts'

test('a URI of a sender is shown without user, values of its query and fragment', () => {
  expect(uriText('https://app.example/cb?a=secret&b=secret#secret')).toBe(
    '"https://app.example/cb?a=...&b=..."',
  )
  expect(uriText('com.example.app:/cb')).toBe('"com.example.app:/cb"')
  expect(uriText('urn:ietf:wg:oauth:2.0:oob')).toBe('"urn:ietf:wg:oauth:2.0:oob"')
  expect(uriText('https://user:secret@app.example/')).toBe('a text of 32 characters')
})

test('a secret in the place of a URI is not shown, with a client id in front or as the whole query', () => {
  expect(uriText('billing:a-secret-of-a-person')).toBe('a text of 28 characters')
  expect(uriText('https://app.example/cb?a-secret-of-a-person')).toBe('"https://app.example/cb?..."')
})
