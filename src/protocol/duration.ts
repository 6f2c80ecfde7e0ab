const unitSeconds = { s: 1, m: 60, h: 3600, d: 86_400 } as const

/** Seconds in `90`, `30s`, `15m`, `1h` or `7d`; undefined for any other text. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,12})([smhd]?)$/.exec(text)
  if (!match) return undefined
  const unit = (match[2] || 's') as keyof typeof unitSeconds
  return Number(match[1]) * unitSeconds[unit]
}
