import { apiKeysScenario } from './api-keys.ts'
import { checkScenarios } from './checks.ts'
import { coldStartScenario } from './cold-start.ts'
import { connectionsScenario, keepAliveScenario, secretHashScenario } from './connections.ts'
import { guessingStormScenario } from './guessing-storm.ts'
import { halfLoadScenario } from './half-load.ts'
import { loginStormScenario } from './login-storm.ts'
import { peopleScenario } from './people.ts'
import { replicasScenario } from './replicas.ts'
import { revocationScenario } from './revocation.ts'
import type { Scenario } from './scenario.ts'
import { tenantScenarios } from './tenants.ts'
import { tokenScenarios } from './tokens.ts'

/** In the order in which they run. */
export const scenarios: readonly Scenario[] = [
  ...tokenScenarios,
  secretHashScenario,
  keepAliveScenario,
  connectionsScenario,
  ...checkScenarios,
  halfLoadScenario,
  revocationScenario,
  apiKeysScenario,
  peopleScenario,
  loginStormScenario,
  guessingStormScenario,
  replicasScenario,
  ...tenantScenarios,
  coldStartScenario,
]
