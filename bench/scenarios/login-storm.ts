import { Browser, type Page } from '../../test/support/people/browser.ts'
import { asksForDecision, logIn } from '../../test/support/people/flow.ts'
import { startGrantd, tenantPath } from '../contenders/grantd.ts'
import {
  authorizePathOf,
  type PeopleServer,
  people,
  renderPeopleConfig,
  siteOf,
  toPeopleServer,
} from '../contenders/people.ts'
import { toTokenRequest } from '../contenders/token-entry.ts'
import { runPaced } from '../measure/pace/run-paced.ts'
import { median } from '../measure/statistics.ts'
import type { Bench, Scenario } from './scenario.ts'

const attackers = 200
/** Of the people who know their password, half in a browser that has signed in before. */
const rightful = 10
/** Tokens a second: a service with some hundreds of clients. */
const rate = 200

/**
 * Wrong passwords from many addresses, as many at once all the time, while tokens are issued at an even rate. Each attacker waits as a
 * refusal says. What is asked: how much later a token comes, and whether those who know their password get in.
 */
export const loginStormScenario: Scenario = {
  name: 'login-storm',
  title: `Tokens, ES256, ${rate}/s, while ${attackers} wrong passwords are tried at once`,
  async run(bench) {
    const started = await startServer(bench)
    try {
      const known = await Promise.all(Array.from({ length: rightful / 2 }, (_, at) => openKnown(started, at)))
      const rounds: StormRound[] = []
      for (let round = 0; round < bench.rounds; round++)
        rounds.push(await runRound(bench, started, known, round))
      const of = (pick: (round: StormRound) => number) => median(rounds.map(pick))
      return {
        rows: [],
        figures: [
          { name: 'p99 of the token endpoint, quiet', value: of(({ quiet }) => quiet), unit: 'ms' },
          { name: 'p99 of the token endpoint, in the storm', value: of(({ storm }) => storm), unit: 'ms' },
          { name: 'wrong passwords answered', value: of(({ tried }) => tried), unit: '/s' },
          { name: 'right logins from known browsers', value: 100 * of(({ ofKnown }) => ofKnown), unit: '%' },
          { name: 'right logins from new browsers', value: 100 * of(({ ofNew }) => ofNew), unit: '%' },
        ],
      }
    } finally {
      await started.server.stop()
    }
  },
}

interface StormRound {
  /** p99 in milliseconds, as is `storm`. */
  readonly quiet: number
  readonly storm: number
  readonly tried: number
  /** The share of right logins that succeeded. */
  readonly ofKnown: number
  readonly ofNew: number
}

async function startServer({ executable, newFolder }: Bench): Promise<PeopleServer> {
  const server = ['trusted_proxies: [127.0.0.1]']
  const folder = await newFolder()
  return toPeopleServer(
    await startGrantd({ executable, folder, config: renderPeopleConfig('ES256', server) }),
  )
}

const addressOf = (net: number, at: number) => `10.${net}.${at >> 8}.${at & 255}`
const openForm = (started: PeopleServer, browser: Browser) =>
  browser.open(`${authorizePathOf(started, started.clientId)}&prompt=login`)

async function openKnown(started: PeopleServer, at: number): Promise<Browser> {
  const browser = new Browser(siteOf(started, addressOf(1, at)))
  await started.goOn(browser, await openForm(started, browser))
  return browser
}

async function runRound(
  { seconds }: Bench,
  started: PeopleServer,
  known: readonly Browser[],
  round: number,
): Promise<StormRound> {
  const { origin } = started.server
  const request = toTokenRequest({ tokenPath: `${tenantPath('bench')}/oauth/token` })
  const tokens = () => runPaced({ origin, request, connections: 64, rate, seconds })
  const quiet = await tokens()
  const storm = await startStorm(started, round)
  const people = Promise.all([
    shareOf(known, (browser) => signIn(started, browser)),
    shareOf(
      Array.from({ length: rightful / 2 }, (_, at) => at),
      (at) => signIn(started, new Browser(siteOf(started, addressOf(2 + round, at)))),
    ),
  ])
  const stormy = await tokens()
  const [[ofKnown, ofNew], tried] = await Promise.all([people, storm.stop()])
  return { quiet: quiet.p99, storm: stormy.p99, tried, ofKnown, ofNew }
}

/** Browsers that each send one wrong password after another, until they are told to stop. Answers how many a second were answered. */
async function startStorm(started: PeopleServer, round: number): Promise<{ stop(): Promise<number> }> {
  let isOver = false
  let tried = 0
  const open = async (at: number): Promise<[Browser, Page]> => {
    const browser = new Browser(siteOf(started, addressOf(100 + round, at)))
    return [browser, await openForm(started, browser)]
  }
  const ready = await Promise.all(Array.from({ length: attackers }, (_, at) => open(at)))
  const startedAt = performance.now()
  const all = ready.map(async ([browser, form], at) => {
    while (!isOver) {
      const answer = await logIn(browser, form, {
        username: `person-${at}@example.com`,
        password: `wrong ${tried}`,
      })
      if (![401, 429, 503].includes(answer.status))
        throw new Error(`A wrong password is answered ${answer.status}`)
      tried++
      // Without this, what is measured is a flood of refusals, which no password is checked for.
      await waitAsTold(answer, () => isOver)
    }
  })
  return {
    stop: async () => {
      isOver = true
      const seconds = (performance.now() - startedAt) / 1000
      await Promise.all(all)
      return tried / seconds
    },
  }
}

/** Waits as long as a refused attempt has to, or until the storm is over. */
async function waitAsTold({ headers }: Page, isOver: () => boolean): Promise<void> {
  const until = performance.now() + 1000 * Number(headers.get('retry-after') ?? 0)
  while (!isOver() && performance.now() < until) await Bun.sleep(50)
}

/** Whether somebody who knows the password is let in. */
async function signIn(started: PeopleServer, browser: Browser): Promise<boolean> {
  const page = await logIn(browser, await openForm(started, browser), people)
  return page.leftTo !== undefined || asksForDecision(page)
}

async function shareOf<T>(all: readonly T[], isDone: (one: T) => Promise<boolean>): Promise<number> {
  const done = await Promise.all(all.map(isDone))
  return done.filter(Boolean).length / all.length
}
