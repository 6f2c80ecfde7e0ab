import { BlockList, isIP, isIPv6 } from 'node:net'

/** Whether `address` is the IP address `range`, or lies in it where it is a subnet such as 10.0.0.0/8; false for what is no such thing. */
export function isInSubnet(address: string, range: string): boolean {
  const [network = '', bits = String(bitsOf(range)), ...more] = range.split('/')
  const isSubnet = isIP(network) !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= bitsOf(network)
  if (!isSubnet || more.length > 0 || isIP(address) === 0) return false
  const list = new BlockList()
  list.addSubnet(network, Number(bits), familyOf(network))
  return list.check(address, familyOf(address))
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4'
}

function bitsOf(address: string): number {
  return isIPv6(address) ? 128 : 32
}
