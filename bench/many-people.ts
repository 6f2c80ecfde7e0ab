/**
 * Measures whether a million people in the storage change the rates of people: see bench/README.md.
 * bench/many-people.ts [--people 1000000] [--rounds 3] [--seconds 3] [--executable dist/grantd]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { detectPlatform } from '../src/platform/detect.ts'
import { openStorage } from '../src/storage/open.ts'
import { userEmails, users } from '../src/users/user-row.ts'
import { Browser } from '../test/support/people/browser.ts'
import { asksForDecision, logIn } from '../test/support/people/flow.ts'
import { startGrantd } from './contenders/grantd.ts'
import {
  authorizePathOf,
  folderOf,
  type PeopleContender,
  type PeopleServer,
  people,
  renderPeopleConfig,
  siteOf,
  toPeopleServer,
} from './contenders/people.ts'
import { median } from './measure/statistics.ts'
import { measurePeople } from './scenarios/people.ts'

const { values } = parseArgs({
  options: {
    people: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    executable: { type: 'string', default: 'dist/grantd' },
  },
})
const many = Number(values.people)
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)]
const tasks = ['code redemption', 'refresh', 'userinfo']
const platform = await detectPlatform()
const folder = await mkdtemp(join(tmpdir(), 'grantd-many-people-'))
try {
  const contenders = [toContender('few', 1000), toContender('many', many)]
  const bench = { rounds, seconds, newFolder: async () => folder }
  const rows = await measurePeople(bench, contenders, 'ES256', tasks)
  for (const task of tasks) {
    const of = (name: string) => rows.find((row) => row.name === name && row.group === `${task}, ES256`)
    const [few, all] = [of('few'), of('many')]
    if (!few || !all) throw new Error(`Nothing was measured of ${task}`)
    say(task, few.perSecond, all.perSecond)
    console.log(
      `  microseconds of processor time: ${(few.cpu ?? 0).toFixed(0)} and ${(all.cpu ?? 0).toFixed(0)}`,
    )
  }
  await measureSignIns(contenders)
} finally {
  await rm(folder, { recursive: true, force: true })
}

function say(task: string, few: number, all: number): void {
  const ratio = (all / few).toFixed(2)
  console.log(`${task}: ${few.toFixed(0)}/s with 1,000 people, ${all.toFixed(0)}/s with ${many}: ${ratio}`)
}

/** grantd with `count` people in its database, Ada among them, and nobody in config.yaml. */
function toContender(name: string, count: number): PeopleContender {
  return {
    ...{ name, kind: 'grantd' },
    async start(place, algorithm) {
      await fill(join(place, 'data'), count)
      const config = renderPeopleConfig(algorithm).replace(/^ {4}users: .*\n/m, '')
      return toPeopleServer(
        await startGrantd({ executable: resolve(values.executable), folder: place, config }),
      )
    },
  }
}

/** Writes through the port of the storage, as the server does; a folder that has a database stays as it is. */
async function fill(dataDir: string, count: number): Promise<void> {
  const path = join(dataDir, 'grantd.db')
  if (await Bun.file(path).exists()) return
  const startedAt = performance.now()
  const storage = await openStorage({ kind: 'sqlite', path }, platform)
  const hash = await Bun.password.hash(people.password, {
    algorithm: 'argon2id',
    memoryCost: 19_456,
    timeCost: 2,
  })
  const now = Date.now()
  for (let from = 0; from < count; from += 1000) {
    const group = Array.from({ length: Math.min(1000, count - from) }, (_, at) => ({
      sub: Buffer.from(platform.randomBytes(16)).toString('base64url'),
      email: from + at === 0 ? people.username : `person-${from + at}@example.com`,
    }))
    await storage.transaction(async (inside) => {
      const rows = inside.of('bench')
      await rows.of(users).createMany(
        group.map(({ sub, email }) => ({
          id: sub,
          value: {
            ...{
              email,
              email_verified: true,
              name: 'Ada Lovelace',
              active: true,
              groups: [],
              attributes: {},
            },
            ...{ password_hash: hash, link: null, created_at: now, updated_at: now },
          },
        })),
      )
      await rows
        .of(userEmails)
        .createMany(group.map(({ sub, email }) => ({ id: email, value: { user: sub } })))
    })
  }
  await storage.close()
  console.log(`${count} people written in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`)
}

/** One person after the other with the right password, each in a new browser; a round of the one, then of the other. */
async function measureSignIns(contenders: readonly PeopleContender[]): Promise<void> {
  const servers = await Promise.all(
    contenders.map((each) => each.start(folderOf(folder, each, 'ES256'), 'ES256')),
  )
  try {
    const rates: number[][] = servers.map(() => [])
    for (let round = 0; round < rounds; round++)
      for (const [at, server] of servers.entries()) rates[at]?.push(await signInFor(server))
    const [few = [], all = []] = rates
    say('sign-in', median(few), median(all))
  } finally {
    await Promise.all(servers.map(({ server }) => server.stop()))
  }
}

async function signInFor(started: PeopleServer): Promise<number> {
  const startedAt = performance.now()
  let count = 0
  while (performance.now() - startedAt < seconds * 1000) {
    const browser = new Browser(siteOf(started))
    const page = await logIn(browser, await browser.open(authorizePathOf(started, started.clientId)), people)
    if (page.leftTo === undefined && !asksForDecision(page))
      throw new Error(`Nobody was signed in: ${page.status}`)
    count++
  }
  return count / ((performance.now() - startedAt) / 1000)
}
