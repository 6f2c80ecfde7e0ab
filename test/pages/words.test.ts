import { describe, expect, test } from 'bun:test'
import { textsOf } from '../../src/pages/locales/locale.ts'
import { describeDevice } from '../../src/pages/words/device-words.ts'
import { renderTime } from '../../src/pages/words/time-words.ts'
import { now } from './sample-views.ts'

describe('a device in words', () => {
  const webKit = 'AppleWebKit/537.36 (KHTML, like Gecko)'
  test.each([
    [
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webKit} Chrome/150.0.0.0 Safari/537.36 Edg/150.0.0.0`,
      'Edge on Windows',
    ],
    [
      `Mozilla/5.0 (Linux; Android 16; K) ${webKit} Chrome/150.0.0.0 Mobile Safari/537.36`,
      'Chrome on Android',
    ],
    [
      `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${webKit} Chrome/150.0.0.0 Safari/537.36`,
      'Chrome on ChromeOS',
    ],
    [
      `Mozilla/5.0 (iPad; CPU OS 19_0 like Mac OS X) ${webKit} Version/19.0 Mobile/15E148 Safari/604.1`,
      'Safari on iPad',
    ],
    [
      `Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) ${webKit} CriOS/150.0 Mobile/15E148 Safari/604.1`,
      'Chrome on iPhone',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:150.0) Gecko/20100101 Firefox/150.0',
      'Firefox on Mac',
    ],
    [`Mozilla/5.0 (X11; Linux x86_64) ${webKit} HeadlessChrome/156.0.0.0 Safari/537.36`, 'Chrome on Linux'],
    ['curl/8.1 (Linux)', 'Linux'],
    ['', 'Unknown device'],
    [null, 'Unknown device'],
  ])('%s', (userAgent, words) => {
    expect(describeDevice(userAgent, textsOf('en'))).toBe(words)
  })
})

test('a time is said as how long ago, and as a date after a month', () => {
  const say = (ago: number, locale: 'en' | 'de' | 'es') =>
    String(renderTime(now - ago, now, locale)).replace(/<[^>]*>/g, '')
  const minute = 60_000
  expect(say(30_000, 'en')).toBe('just now')
  expect(say(-5000, 'de')).toBe('gerade eben')
  expect(say(minute, 'en')).toBe('1 minute ago')
  expect(say(119 * minute, 'es')).toBe('hace 1 hora')
  expect(say(30 * 60 * minute, 'de')).toBe('gestern')
  expect(say(40 * 24 * 60 * minute, 'de')).toBe('am 22. November 2029')
  expect(String(renderTime(now, now, 'en'))).toContain('<time datetime="2030-01-01T00:00:00.000Z">')
})
