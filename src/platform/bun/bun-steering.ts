import type { Steering } from '../network.ts'
import { type Instruction, ListeningSocket, socketOptions } from './bun-sockets.ts'

/**
 * Steering by SO_ATTACH_REUSEPORT_CBPF (socket(7)): a program of a few instructions, which the system runs for each new
 * connection and which answers the number of the one that gets it. Where it answers one that is not there, the system chooses as
 * if there were no program, so a wrong number costs balance and nothing else.
 */
export const bunSteering: Steering = {
  steer: ({ first, count }) =>
    attempt((socket) => socket.attach(socketOptions.attachSteering, programFor(first, count))),
  release: () => attempt((socket) => socket.set(socketOptions.detachSteering, new Int32Array(1))),
}

/** `first` plus a random number below `count`. */
function programFor(first: number, count: number): readonly Instruction[] {
  // linux/filter.h: BPF_LD|BPF_W|BPF_ABS with SKF_AD_OFF + SKF_AD_RANDOM, BPF_ALU|BPF_MOD|BPF_K, BPF_ALU|BPF_ADD|BPF_K, BPF_RET|BPF_A.
  return [
    [0x20, 0xfffff000 + 56],
    [0x94, count],
    [0x04, first],
    [0x16, 0],
  ]
}

async function attempt(change: (socket: ListeningSocket) => boolean): Promise<boolean> {
  const socket = await ListeningSocket.find((each) => each.has(socketOptions.isShared))
  return socket !== undefined && change(socket)
}
