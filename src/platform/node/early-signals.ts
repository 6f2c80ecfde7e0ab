import process from 'node:process'
import { holdSignals } from './node-signals.ts'

// main.ts imports this before everything else, because each moment without a listener is one in which a signal ends the process. Commands
// other than `serve` end as the system ends them.
const [word = 'serve'] = process.argv.slice(2)
if (word === 'serve' || word.startsWith('-')) holdSignals()
