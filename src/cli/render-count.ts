/** `1 tenant`, `3 tenants`. */
export function renderCount(number: number, word: string, plural = `${word}s`): string {
  return `${number} ${number === 1 ? word : plural}`
}
