/** Rows for test.each of values that may be lists, which it would spread, each with its JSON as name. */
export function named<T>(...values: readonly T[]): (readonly [name: string, value: T])[] {
  return values.map((value) => [JSON.stringify(value) ?? 'left out', value])
}
