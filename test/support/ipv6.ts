import { networkInterfaces } from 'node:os'

/** Whether this machine speaks IPv6; a container often does not. */
export const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((each) => each?.address === '::1')
