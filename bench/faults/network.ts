import { makeHub, removeHosts } from './hosts.ts'

/** `network.ts make` makes the hub, in whose network main.ts runs; `network.ts remove` removes all hosts. */
await (process.argv[2] === 'make' ? makeHub() : removeHosts())
