import type { Steering } from '../network.ts'
import { type Instruction, ListeningSocket, socketOptions } from './bun-sockets.ts'

/**
 * Steering by SO_ATTACH_REUSEPORT_CBPF (socket(7)): the kernel runs a program of a few instructions for each new
 * connection. The program returns the number of the listener that gets the connection. For a number that does not exist, the kernel
 * chooses as if there were no program, so a wrong number only costs balance.
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

/** Changes every port that this process shares. */
async function attempt(change: (socket: ListeningSocket) => boolean): Promise<boolean> {
  const sockets = await ListeningSocket.findAll((each) => each.has(socketOptions.isShared))
  return sockets.length > 0 && sockets.every(change)
}
