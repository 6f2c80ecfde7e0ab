/** `1 tenant`, `3 tenants`: for words whose plural has an s. */
export function renderCount(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`
}
