import type { Connection } from '../../src/platform/connections.ts'

/** An idle connection, but for what is given. */
export function connectionOf(given: Partial<Connection> = {}): Connection {
  return {
    id: 1,
    address: '192.0.2.1',
    port: 50_000,
    received: 0,
    sent: 0,
    acknowledged: 1,
    isSending: false,
    waiting: 0,
    sinceReceived: 0,
    sinceSent: 0,
    ...given,
  }
}
