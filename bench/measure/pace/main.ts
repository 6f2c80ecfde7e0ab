/**
 * The load generator of runPaced, a process of its own so that nothing else takes its time: reads an Order as JSON from its
 * standard input, and writes what it found as one line of JSON.
 */
import { percentile } from '../statistics.ts'
import { Pacer } from './pacer.ts'
import type { Order, PaceReport } from './run-paced.ts'
import { Schedule } from './schedule.ts'

const { origin, request, ...order }: Order = await Bun.stdin.json()
const { hostname, port } = new URL(origin)
const schedule = new Schedule(order)
const paced = await Pacer.run(schedule, {
  ...{ hostname, port: Number(port), connections: order.connections },
  bytes: new TextEncoder().encode(request),
})

const latencies = Float64Array.from(paced.latencies).sort()
const delays = Float64Array.from(paced.delays).sort()
const report: PaceReport = {
  requests: latencies.length,
  wanted: order.rate,
  rate: schedule.rateOf(delays.length, paced.lastSentAt),
  p50: percentile(latencies, 50),
  p99: percentile(latencies, 99),
  p999: percentile(latencies, 99.9),
  longest: percentile(latencies, 100),
  late: percentile(delays, 99),
  statuses: paced.statuses,
  errors: paced.errors,
}
console.log(JSON.stringify(report))
// Connections that fail are not waited for.
process.exit(0)
