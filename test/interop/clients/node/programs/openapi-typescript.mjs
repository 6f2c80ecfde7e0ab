import assert from 'node:assert/strict'
import openapiTs, { astToString } from 'openapi-typescript'
import { claim, issuerOf } from '../interop.mjs'

await claim(['openapi-typescript'], 'makes types of the OpenAPI document', async () => {
  const types = astToString(await openapiTs(new URL('/swagger/json', issuerOf('rs256'))))
  assert.match(types, /"\/api\/v1\/tenant\/\{tenant\}\/oauth\/token"/)
})
