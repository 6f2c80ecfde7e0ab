import type { Scenario } from './scenario.ts'
import { tokenScenarios } from './tokens.ts'

/** In the order in which they run. */
export const scenarios: readonly Scenario[] = [...tokenScenarios]
