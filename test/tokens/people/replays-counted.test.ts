import { expect, test } from 'bun:test'
import { Metrics } from '../../../src/metrics/metrics.ts'
import { startPeopleApp } from './people-app.ts'

test('replays are counted by what came twice, and tokens by their grant', async () => {
  const metrics = new Metrics()
  const app = await startPeopleApp({ metrics })
  const { refresh_token } = await app.login()
  await app.refresh(refresh_token)
  app.advance(60)
  await app.refresh(refresh_token)
  const code = await app.issue()
  for (const _ of ['first', 'again', 'and again']) await app.redeem(code)
  expect(metrics.samples()).toMatchObject({
    'grantd_tokens_issued_total{grant_type="authorization_code",algorithm="ES256"}': 2,
    'grantd_tokens_issued_total{grant_type="refresh_token",algorithm="ES256"}': 1,
    'grantd_replays_total{kind="refresh_token"}': 1,
    'grantd_replays_total{kind="code"}': 2,
  })
  await app.close()
})
