import { parseIpAddress } from './ip-address.ts'

const name =
  /^(?=.*[A-Za-z])[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$/
const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/
/** Checks only the characters. The system decides whether the text is an address. */
const ipv6 = /^(?=.*:.*:)[0-9A-Fa-f:.]+(?:%[A-Za-z0-9_.-]+)?$/

/**
 * Whether `text` can be a host to listen on: a name, or an address written in full. The short forms of inet_aton are refused, because `0`
 * would mean every address of the machine.
 */
export function isHost(text: string): boolean {
  return ipv4.test(text) || ipv6.test(text) || (name.test(text) && !/^0x[0-9a-f]*$/i.test(text))
}

/** A host as a URL has it: an IPv6 address is in brackets. */
export function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

/** Whether a host, as a setting or a URL has it, is this machine. */
export function isLoopbackName(text: string): boolean {
  return /^(?:(?:.*\.)?localhost\.?|127(?:\.\d+){3}|\[?::1\]?)$/i.test(text)
}

/** Whether the host of a URL is an address, which no name server chose. */
export function isAddressHost(hostname: string): boolean {
  return parseIpAddress(hostname.replace(/^\[(.*)\]$/, '$1')) !== undefined
}
