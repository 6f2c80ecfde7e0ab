import { type Instruction, ListeningSocket, socketOptions } from './bun-sockets.ts'

/**
 * Lets no new connection begin at a port of this process. Linux cuts off the connections that wait in the queue of a listening socket
 * that is closed, after it told their clients that they are connected. A filter (SO_ATTACH_FILTER, socket(7)) drops the first packet of
 * a handshake (SYN) instead; its sender repeats it after a second, and is refused by then. Whoever is past the first packet gets in.
 * Answers false where the system cannot do it.
 */
export async function holdOff(port: number): Promise<boolean> {
  const socket = await ListeningSocket.find((each) => each.port === port)
  return socket?.attach(socketOptions.attachFilter, dropFirstPackets) ?? false
}

/**
 * Answers how many bytes of a packet are kept: none of one that has SYN and not ACK, all of another one. The packet begins with its TCP
 * header, which has the flags in byte 13.
 */
const dropFirstPackets: readonly Instruction[] = [
  // BPF_LD|BPF_B|BPF_ABS, BPF_ALU|BPF_AND|BPF_K: SYN is 0x02 and ACK 0x10.
  [0x30, 13],
  [0x54, 0x12],
  // BPF_ALU|BPF_XOR|BPF_K: zero for SYN alone. BPF_ALU|BPF_MUL|BPF_K: more than a packet has, for the rest. BPF_RET|BPF_A.
  [0xa4, 0x02],
  [0x24, 0x10000],
  [0x16, 0],
]
