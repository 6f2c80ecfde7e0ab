import { join } from 'node:path'
import { type HttpRequest, LoadError, type LoadOutcome } from '../wrk.ts'

export interface PacedLoad {
  /** Such as http://127.0.0.1:3000. */
  readonly origin: string
  readonly request: HttpRequest
  /** Each has one request in flight at most. */
  readonly connections: number
  /** Requests a second. */
  readonly rate: number
  readonly seconds: number
  /** The address that a proxy in front would name. */
  readonly forwardedFor?: string
}

/** What the generator is told. */
export interface Order extends Omit<PacedLoad, 'request' | 'forwardedFor'> {
  /** As it goes over the wire. */
  readonly request: string
}

/** What the generator tells; times in milliseconds, from when a request was due. */
export interface PaceReport extends Omit<LoadOutcome, 'seconds'> {
  /** Requests a second that it was to send. */
  readonly wanted: number
  /** Requests a second that it sent. */
  readonly rate: number
  /** By how much requests were sent later than due, at the 99th percentile: the generator's own part of the latencies. */
  readonly late: number
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>
  readonly errors: readonly string[]
}

export interface PacedOutcome extends LoadOutcome {
  /** As in PaceReport. */
  readonly late: number
}

/** By how much of it the rate may be off. */
const tolerance = 0.03

/** Sends requests at an even rate. Throws LoadError when the rate is not kept, or as runWrk does. */
export async function runPaced(load: PacedLoad): Promise<PacedOutcome> {
  return checkReport(await sendPaced(load))
}

/** Sends requests at the rate that the machine allows, and tells what came of them. */
export async function sendPaced({ request, forwardedFor, ...load }: PacedLoad): Promise<PaceReport> {
  const order: Order = { ...load, request: renderHttp(request, load.origin, forwardedFor) }
  const generator = Bun.spawn([...first(), process.execPath, join(import.meta.dir, 'main.ts')], {
    stdin: new TextEncoder().encode(JSON.stringify(order)),
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [text, faults] = await Promise.all([
    new Response(generator.stdout).text(),
    new Response(generator.stderr).text(),
  ])
  if ((await generator.exited) !== 0) throw new LoadError(`The generator ended: ${faults.trim()}`)
  return JSON.parse(text)
}

/** The least of the priorities that go before every usual one. */
const realTime = ['chrt', '--rr', '1']

/**
 * What starts a program that goes before all others of the machine, as if it were on another one: a generator that waits for a
 * processor itself measures how long it waited. Nothing where that is not allowed; `late` tells what it made of it.
 */
function first(): readonly string[] {
  const isAllowed = Bun.which('chrt') && Bun.spawnSync([...realTime, 'true']).exitCode === 0
  return isAllowed ? realTime : []
}

/** A request as HTTP/1.1 on a connection that stays. */
export function renderHttp(
  { method, path, authorization, cookie, contentType, body = '' }: HttpRequest,
  origin: string,
  forwardedFor?: string,
): string {
  return [
    `${method} ${path} HTTP/1.1`,
    `Host: ${new URL(origin).host}`,
    ...(authorization ? [`Authorization: ${authorization}`] : []),
    ...(cookie ? [`Cookie: ${cookie}`] : []),
    ...(forwardedFor ? [`X-Forwarded-For: ${forwardedFor}`] : []),
    ...(contentType ? [`Content-Type: ${contentType}`] : []),
    ...(method === 'POST' ? [`Content-Length: ${Buffer.byteLength(body)}`] : []),
    '',
    body,
  ].join('\r\n')
}

/** Throws LoadError unless all was answered with success, at the rate that was wanted. */
export function checkReport(report: PaceReport): PacedOutcome {
  const { requests, rate, wanted, statuses, errors, p50, p99, p999, longest, late } = report
  if (errors.length > 0) throw new LoadError(`after ${requests} answers: ${errors.slice(0, 3).join('; ')}`)
  const bad = Object.entries(statuses).filter(([status]) => !/^[23]/.test(status))
  if (bad.length > 0) throw new LoadError(`answers were no success: ${JSON.stringify(statuses)}`)
  if (Math.abs(rate / wanted - 1) > tolerance)
    throw new LoadError(
      `the rate was ${rate.toFixed(1)}/s, wanted ${wanted.toFixed(1)}/s within ${100 * tolerance} %`,
    )
  return { requests, seconds: requests / rate, p50, p99, p999, longest, late }
}
