import fc from 'fast-check'

/** Numbers that a Date, a bigint, an array or a database may not take, beside good ones. */
const oddNumber = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    -1,
    1.5,
    1e-300,
    253_402_300_799,
    253_402_300_800,
    8.64e12,
    8.64e12 + 1,
    8.64e15,
    8.64e15 + 1,
    2 ** 31,
    2 ** 32,
    2 ** 53 - 1,
    2 ** 53,
    -(2 ** 53),
    2 ** 63,
    1e19,
    1e21,
    1e308,
    -1e308,
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.maxSafeInteger(),
)
/** As JSON has it: beyond the largest double there is one more, which is read as infinite. */
export const oddJson = fc.oneof(
  oddNumber.map(String),
  fc.constantFrom('1e400', '-1e400', '"1"', 'null', '[]', 'true'),
)

/** The paths to the numbers and nulls of a value. */
export function numbersOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value === 'number' || value === null) return [path]
  if (typeof value !== 'object') return []
  return Object.entries(value).flatMap(([name, each]) => numbersOf(each, [...path, name]))
}

/** The JSON text with the text of a number in place of what stands at the path. */
export function withNumber(text: string, path: readonly string[], json: string): string {
  const mark = '@the-number@'
  const changed = JSON.stringify(replaceAt(JSON.parse(text), path, mark))
  return changed.replace(`"${mark}"`, json)
}

function replaceAt(value: unknown, [name, ...rest]: readonly string[], mark: string): unknown {
  if (name === undefined) return mark
  if (Array.isArray(value))
    return value.map((each, at) => (String(at) === name ? replaceAt(each, rest, mark) : each))
  const members = Object.entries(value ?? {})
  return Object.fromEntries(
    members.map(([key, each]) => [key, key === name ? replaceAt(each, rest, mark) : each]),
  )
}

/** What SQLite is given for it. */
export function toColumn(json: string): number | bigint {
  const number = Number(json)
  return Number.isInteger(number) ? BigInt(number) : number
}
