import { expect, test } from 'bun:test'
import { sharedPostgres } from '../support/postgres-server.ts'
import { programs, withFolder } from '../support/spawn-server.ts'
import { crashLinks } from './links-story.ts'
import { crashPeople } from './people-story.ts'
import { crashRounds } from './story.ts'

/** `GRANTD_CRASH_ROUNDS=100 make crash-test` is the long version. */
const rounds = Number(process.env['GRANTD_CRASH_ROUNDS'] ?? 6)
/** Of the links, because each password takes a tenth of a second. */
const fewRounds = Math.ceil(rounds / 2)

test(
  `killed ${rounds} times under load, SQLite keeps what was acknowledged`,
  () =>
    withFolder(async (folder) => {
      const report = await crashRounds(programs.executable, { folder, rounds })
      console.log(`  crash on SQLite: ${JSON.stringify(report)}`)
      expect(report.revoked).toBeGreaterThan(rounds)
      expect(report.keys).toBeGreaterThan(rounds)
    }),
  rounds * 5000 + 20_000,
)

test(
  `killed ${rounds} times under load, Postgres keeps what was acknowledged`,
  () =>
    withFolder(async (folder) => {
      const env = {
        GRANTD_STORAGE: await (await sharedPostgres()).createDatabase(),
        GRANTD_MASTER_KEY: Buffer.alloc(32, 9).toString('base64'),
      }
      const report = await crashRounds(programs.executable, { folder, rounds, env })
      console.log(`  crash on Postgres: ${JSON.stringify(report)}`)
      expect(report.revoked).toBeGreaterThan(rounds)
      expect(report.keys).toBeGreaterThan(rounds)
    }),
  rounds * 5000 + 20_000,
)

test(
  `killed ${rounds} times between codes and refresh tokens, SQLite lets none of them work twice and loses no session`,
  () =>
    withFolder(async (folder) => {
      const report = await crashPeople(programs.executable, { folder, rounds })
      console.log(`  people on SQLite: ${JSON.stringify(report)}`)
      expect(report.answered).toBeGreaterThan(rounds)
      expect(report.used + report.unused + report.retried).toBeGreaterThan(0)
    }),
  rounds * 10_000 + 20_000,
)

test(
  `killed ${rounds} times between codes and refresh tokens, Postgres lets none of them work twice and loses no session`,
  () =>
    withFolder(async (folder) => {
      const env = {
        GRANTD_STORAGE: await (await sharedPostgres()).createDatabase(),
        GRANTD_MASTER_KEY: Buffer.alloc(32, 9).toString('base64'),
      }
      const report = await crashPeople(programs.executable, { folder, rounds, env })
      console.log(`  people on Postgres: ${JSON.stringify(report)}`)
      expect(report.answered).toBeGreaterThan(rounds)
      expect(report.used + report.unused + report.retried).toBeGreaterThan(0)
    }),
  rounds * 10_000 + 20_000,
)

test(
  `killed ${fewRounds} times while links are used, SQLite lets none of them work twice and loses none`,
  () =>
    withFolder(async (folder) => {
      const report = await crashLinks(programs.executable, { folder, rounds: fewRounds })
      console.log(`  links on SQLite: ${JSON.stringify(report)}`)
      expect(report.answered).toBeGreaterThan(0)
      expect(report.used + report.unused).toBeGreaterThan(0)
    }),
  fewRounds * 10_000 + 20_000,
)

test(
  `killed ${fewRounds} times while links are used, Postgres lets none of them work twice and loses none`,
  () =>
    withFolder(async (folder) => {
      const env = {
        GRANTD_STORAGE: await (await sharedPostgres()).createDatabase(),
        GRANTD_MASTER_KEY: Buffer.alloc(32, 9).toString('base64'),
      }
      const report = await crashLinks(programs.executable, { folder, rounds: fewRounds, env })
      console.log(`  links on Postgres: ${JSON.stringify(report)}`)
      expect(report.answered).toBeGreaterThan(0)
      expect(report.used + report.unused).toBeGreaterThan(0)
    }),
  fewRounds * 10_000 + 20_000,
)
