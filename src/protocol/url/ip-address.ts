/**
 * An address of IPv4 or IPv6 as its 128 bits in eight groups (RFC 4291 section 2.2). An IPv4 address is `::ffff:a.b.c.d`, so that it is
 * the same in both forms.
 */
export type IpAddress = readonly number[]

/** Parses an address, without its zone (`%eth0`). Returns undefined for a text that is not an address. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const bytes = parseIpv4(text)
  if (bytes) return [0, 0, 0, 0, 0, 0xffff, ...bytes]
  return parseIpv6(text.replace(/%.*$/, ''))
}

/** The two last groups. */
function parseIpv4(text: string): readonly number[] | undefined {
  const bytes = /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) ? text.split('.').map(Number) : []
  const [a = 256, b = 256, c = 256, d = 256] = bytes
  if ([a, b, c, d].some((byte) => byte > 255)) return undefined
  return [a * 256 + b, c * 256 + d]
}

function parseIpv6(text: string): IpAddress | undefined {
  const [head = '', tail, ...more] = text.split('::')
  const before = parseGroups(head)
  const after = parseGroups(tail ?? '')
  if (!before || !after || more.length > 0) return undefined
  const missing = 8 - before.length - after.length
  // `::` stands for at least one group.
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined
  return [...before, ...new Array<number>(missing).fill(0), ...after]
}

function parseGroups(text: string): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    const ipv4 = index === parts.length - 1 ? parseIpv4(part) : undefined
    if (ipv4) groups.push(...ipv4)
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups
}

/** The text of an address: IPv4 as such, and IPv6 in its canonical form (RFC 5952 section 4), without a zone. */
export function renderIpAddress(address: IpAddress): string {
  const [high = 0, low = 0] = address.slice(6)
  if (address.slice(0, 6).join() === '0,0,0,0,0,65535')
    return [high >> 8, high & 255, low >> 8, low & 255].join('.')
  const zeros = findLongestZeros(address)
  const render = (groups: IpAddress) => groups.map((group) => group.toString(16)).join(':')
  if (zeros.length < 2) return render(address)
  return `${render(address.slice(0, zeros.start))}::${render(address.slice(zeros.start + zeros.length))}`
}

/** The longest run of groups that are zero; of equal ones the first. */
function findLongestZeros(address: IpAddress): { readonly start: number; readonly length: number } {
  let longest = { start: 0, length: 0 }
  let length = 0
  for (const [index, group] of address.entries()) {
    length = group === 0 ? length + 1 : 0
    if (length > longest.length) longest = { start: index + 1 - length, length }
  }
  return longest
}

/** All addresses that begin with the same bits, such as `10.0.0.0/8`. A single address is a range with all of its bits. */
export interface IpRange {
  readonly address: IpAddress
  /** How many of the 128 bits count. An IPv4 range has 96 more than its text says. */
  readonly bits: number
}

/** Parses a range (RFC 4632 section 3.1, RFC 4291 section 2.3). Returns undefined for a text that is not a range. */
export function parseIpRange(text: string): IpRange | undefined {
  const [start = '', length, ...more] = text.split('/')
  const address = parseIpAddress(start)
  if (!address || more.length > 0 || start.includes('%')) return undefined
  const own = start.includes(':') ? 128 : 32
  if (length === undefined) return { address, bits: 128 }
  if (!/^\d{1,3}$/.test(length) || Number(length) > own) return undefined
  return { address, bits: 128 - own + Number(length) }
}

export function isInRange(address: IpAddress, range: IpRange): boolean {
  return range.address.every((group, index) => {
    const bits = Math.min(16, Math.max(0, range.bits - index * 16))
    return group >> (16 - bits) === (address[index] ?? 0) >> (16 - bits)
  })
}

/** Whether `address` is in `range`: an IP address, or a subnet such as 10.0.0.0/8. False if one of them is neither. */
export function isInSubnet(address: string, range: string): boolean {
  const [parsed, parsedRange] = [parseIpAddress(address), parseIpRange(range)]
  return parsed !== undefined && parsedRange !== undefined && isInRange(parsed, parsedRange)
}
