import { expect } from 'bun:test'
import { interactions, pushedRequests } from '../../src/authorization/interaction-row.ts'
import {
  findInteraction,
  isRenewable,
  renewInteraction,
  startInteraction,
} from '../../src/authorization/interactions.ts'
import { keepRequest, takeRequest } from '../../src/authorization/pushed-requests.ts'
import type { RowKey, Storage } from '../../src/storage/storage.ts'
import type { TestApp } from '../support/test-app.ts'

type World = { readonly app: Pick<TestApp, 'deps'>; readonly storage: Storage }

const place = { tenant: { id: 'acme' }, browser: 'a'.repeat(64) }
const parameters: [string, string][] = [['client_id', 'manager']]
const uris = new WeakMap<Storage, string>()

/** The rows of people on their way, whose damage says no more than that they have to begin again. */
export const interactionCases = {
  interaction: {
    async find({ app, storage }: World): Promise<RowKey> {
      const content = { kind: 'authorize' as const, parameters, pushed: false }
      const { id } = await startInteraction({ ...place, content }, { ...app.deps, storage })
      return { tenant: 'acme', kind: interactions.name, id }
    },
    async check({ app, storage }: World, { id }: RowKey): Promise<void> {
      const deps = { ...app.deps, storage }
      expect(await findInteraction(id, place, deps)).toBeUndefined()
      expect(await isRenewable(id, place, deps)).toBe(false)
      expect(await renewInteraction(id, place, deps)).toBeUndefined()
      expect(await findInteraction(id, { ...place, browser: '' }, deps)).toBeUndefined()
    },
  },
  pushed_request: {
    async find({ app, storage }: World): Promise<RowKey> {
      const request = { clientId: 'manager', parameters, pushed: true }
      const uri = await keepRequest(request, { ...place, ...app.deps, storage })
      uris.set(storage, uri)
      return { tenant: 'acme', kind: pushedRequests.name, id: uri.split(':').at(-1) ?? '' }
    },
    async check({ app, storage }: World): Promise<void> {
      const uri = uris.get(storage) ?? ''
      for (const clientId of ['manager', ''])
        expect(await takeRequest({ uri, clientId }, place, { ...app.deps, storage })).toBeUndefined()
    },
  },
}
