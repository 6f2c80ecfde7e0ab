/** The value of a setting as a person reads it: a list by its items, an object as JSON, and - for nothing. */
export function renderValue(value: unknown): string {
  const text = Array.isArray(value)
    ? value.join(' ')
    : typeof value === 'object' && value !== null
      ? JSON.stringify(value)
      : String(value ?? '')
  return text === '' || text === '{}' ? '-' : text
}
