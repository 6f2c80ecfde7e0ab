import type { Cases } from './case.ts'
import { expiry } from './expiry.ts'
import { indexes } from './indexes.ts'
import { races } from './races.ts'
import { rows } from './rows.ts'
import { together } from './together.ts'
import { closing, transactions } from './transactions.ts'
import { reading, walls } from './walls.ts'

/** All that a store must do, in the order to run it in on one store: the last case closes it. */
export function contractOf(): Cases {
  return {
    ...rows,
    ...walls,
    ...reading,
    ...races,
    ...together,
    ...expiry,
    ...transactions,
    ...indexes,
    ...closing,
  }
}
