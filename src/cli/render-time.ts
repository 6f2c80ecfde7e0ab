/** A time (ms since the epoch) to the second: `2030-01-01T00:00:00Z`. */
export function renderTime(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`
}
