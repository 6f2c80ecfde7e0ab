/**
 * The attackers of runFlood, a process of its own: reads a FloodOrder as JSON from its standard input, and writes a FloodReport as one line
 * of JSON. Each connection sends the next request when it has its answer.
 */
import { connect } from 'node:net'
import { AnswerReader } from '../pace/answer-reader.ts'
import type { FloodOrder, FloodReport, SecondOfFlood } from './run-flood.ts'

const order: FloodOrder = await Bun.stdin.json()
const startedAt = performance.now()
const endAt = startedAt + order.seconds * 1000
const seconds: SecondOfFlood[] = []
let next = 0
let broken = 0

function note(status: number): void {
  const at = Math.floor((performance.now() - startedAt) / 1000)
  while (seconds.length <= at) seconds.push({})
  const second = seconds[at] ?? {}
  second[status] = (second[status] ?? 0) + 1
}

/** Opens one connection after another, because a server that defends itself may close them. */
async function attack(lane: number): Promise<void> {
  while (performance.now() < endAt) await openOne(lane)
}

function openOne(lane: number): Promise<void> {
  const { ports, requests, localAddresses } = order
  const localAddress = localAddresses?.[lane % localAddresses.length]
  const port = ports[lane % ports.length] ?? 0
  return new Promise((resolve) => {
    const reader = new AnswerReader()
    const socket = connect({ host: '127.0.0.1', port, ...(localAddress && { localAddress }) })
    const send = () => {
      if (performance.now() >= endAt) socket.destroy()
      else socket.write(requests[next++ % requests.length] ?? '')
    }
    socket.setNoDelay(true)
    socket.on('connect', send)
    socket.on('data', (piece) => {
      try {
        for (const status of reader.read(Buffer.from(piece))) {
          note(status)
          send()
        }
      } catch {
        broken++
        socket.destroy()
      }
    })
    socket.on('error', () => {
      broken++
    })
    socket.on('close', () => resolve())
    // An answer that is held longer than the flood lasts is not waited for.
    setTimeout(() => socket.destroy(), Math.max(0, endAt - performance.now()) + 50)
  })
}

await Promise.all(Array.from({ length: order.connections }, (_, lane) => attack(lane)))
const report: FloodReport = { seconds, broken }
console.log(JSON.stringify(report))
process.exit(0)
