import { type Instruction, ListeningSocket, socketOptions } from './bun-sockets.ts'

/**
 * Lets no new connection begin at a port of this process. When a listening socket is closed, Linux resets the connections that wait in
 * its queue, although their clients believe that they are connected. So a filter (SO_ATTACH_FILTER, socket(7)) drops the first packet
 * of each handshake (SYN). Its sender repeats it after a second, and is refused then. Handshakes that have begun are completed.
 * Returns false if the system cannot do this.
 */
export async function holdOff(port: number): Promise<boolean> {
  return holdOffSockets(await ListeningSocket.findAll((each) => each.port === port))
}

/** Like {@link holdOff}, for these sockets. Returns false if there is none. */
export function holdOffSockets(sockets: readonly ListeningSocket[]): boolean {
  return (
    sockets.length > 0 && sockets.every((each) => each.attach(socketOptions.attachFilter, dropFirstPackets))
  )
}

/**
 * The program returns how many bytes of a packet to keep: none of a packet with SYN and without ACK, all of any other packet. The packet
 * begins with its TCP header, which has the flags in byte 13.
 */
const dropFirstPackets: readonly Instruction[] = [
  // BPF_LD|BPF_B|BPF_ABS, BPF_ALU|BPF_AND|BPF_K: SYN is 0x02 and ACK 0x10.
  [0x30, 13],
  [0x54, 0x12],
  // BPF_ALU|BPF_XOR|BPF_K: zero for SYN without ACK. BPF_ALU|BPF_MUL|BPF_K: otherwise more bytes than any packet has. BPF_RET|BPF_A.
  [0xa4, 0x02],
  [0x24, 0x10000],
  [0x16, 0],
]
