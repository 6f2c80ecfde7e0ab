import { type Node, otherIsPrimary } from './database.ts'
import { until } from './hosts.ts'
import type { Replica } from './replicas.ts'

export interface Stage {
  readonly replicas: readonly [Replica, Replica, Replica]
  readonly nodes: readonly [Node, Node]
  /** The build that replaces the one that runs. */
  readonly newer: string
}

/** One row of the matrix: what happens while the load goes on. */
export interface Act {
  readonly name: string
  readonly run: (stage: Stage) => Promise<void>
}

const seconds = (count: number) => Bun.sleep(count * 1000)

async function findPrimary(nodes: Stage['nodes']): Promise<[primary: Node, standby: Node]> {
  const [a, b] = nodes
  return (await a.isPrimary().catch(() => false)) ? [a, b] : [b, a]
}

export const acts: readonly Act[] = [
  { name: 'nothing (the quiet before)', run: () => seconds(10) },
  {
    name: 'a replica is killed (SIGKILL) and starts again after 5 s',
    run: async ({ replicas: [first] }) => {
      await seconds(3)
      await first.host.powerOff()
      await seconds(5)
      await first.start()
      await seconds(5)
    },
  },
  {
    name: 'a replica is cut off from everybody for 10 s',
    run: async ({ replicas: [, second] }) => {
      await seconds(3)
      await second.host.cutOff()
      await seconds(10)
      await second.host.reconnect()
      await seconds(10)
    },
  },
  {
    name: 'each replica in turn is rolled to another build',
    run: async ({ replicas, newer }) => {
      for (const replica of replicas) {
        const code = await replica.stop()
        if (code !== 0) throw new Error(`${replica.host.name} ended with ${code}`)
        await replica.start({ executable: newer })
        await seconds(2)
      }
    },
  },
  {
    name: 'the primary of Postgres loses its power; the standby takes over; the old one comes back',
    run: async ({ nodes }) => {
      const [primary, standby] = await findPrimary(nodes)
      await seconds(3)
      await primary.host.powerOff()
      await otherIsPrimary(standby)
      await seconds(10)
      await primary.start()
      await until('the old primary follows', () => primary.isSynchronous())
      await seconds(3)
    },
  },
  {
    name: 'the primary of Postgres is cut off from everybody for 40 s; the standby takes over',
    run: async ({ nodes }) => {
      const [primary, standby] = await findPrimary(nodes)
      await seconds(3)
      await primary.host.cutOff()
      await otherIsPrimary(standby)
      await seconds(20)
      await primary.host.reconnect()
      await until('the old primary follows', () => primary.isSynchronous())
      await seconds(3)
    },
  },
  {
    name: 'the clock of a replica is 90 s ahead',
    run: async ({ replicas: [, , third] }) => {
      await third.stop()
      await third.start({ clock: 90, path: '/health/live' })
      await seconds(15)
      await third.stop()
      await third.start()
    },
  },
  {
    name: 'the clock of a replica is 90 s behind',
    run: async ({ replicas: [, , third] }) => {
      await third.stop()
      await third.start({ clock: -90, path: '/health/live' })
      await seconds(15)
      await third.stop()
      await third.start()
    },
  },
  {
    name: 'the disk of a replica is full for 15 s: its log and its data_dir',
    run: async ({ replicas: [first] }) => {
      await first.fillDisk()
      await seconds(15)
      await first.emptyDisk()
      await seconds(5)
    },
  },
  {
    name: 'everything at once: a replica is killed while the primary of Postgres loses its power',
    run: async ({ replicas: [, second], nodes }) => {
      const [primary, standby] = await findPrimary(nodes)
      await seconds(3)
      await Promise.all([second.host.powerOff(), primary.host.powerOff()])
      await otherIsPrimary(standby)
      await second.start()
      await primary.start()
      await until('the old primary follows', () => primary.isSynchronous())
      await seconds(5)
    },
  },
]
