import type { Texts } from '../locales/en.ts'

/** Which browser a user agent text names; the first that fits, because most texts name several. */
const browsers: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\bEdg(?:A|iOS)?\//, 'Edge'],
  [/\bOPR\/|\bOpera\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bVivaldi\//, 'Vivaldi'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/Chrome\/|\bCriOS\/|\bChromium\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
]

const systems: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'Mac'],
  [/\bLinux\b|\bX11\b/, 'Linux'],
]

/** The words for a device, such as `Firefox on Windows`, from the header User-Agent, which anybody can forge. */
export function describeDevice(userAgent: string | null, { deviceOf, unknownDevice }: Texts): string {
  const browser = findName(browsers, userAgent)
  const system = findName(systems, userAgent)
  if (browser !== undefined && system !== undefined) return deviceOf(browser, system)
  return browser ?? system ?? unknownDevice
}

function findName(
  table: readonly (readonly [pattern: RegExp, name: string])[],
  userAgent: string | null,
): string | undefined {
  return table.find(([pattern]) => pattern.test(userAgent ?? ''))?.[1]
}
