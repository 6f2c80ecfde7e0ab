import { expect, test } from 'bun:test'
import { parseTraceParent } from '../../src/tracing/trace-parent.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const spanId = 'b7ad6b7169203331'

test('the examples of W3C Trace Context are read, and those of later versions', () => {
  expect(parseTraceParent(`00-${traceId}-${spanId}-01`)).toEqual({ traceId, spanId, flags: 1 })
  expect(parseTraceParent(`00-${traceId}-${spanId}-00`)).toEqual({ traceId, spanId, flags: 0 })
  expect(parseTraceParent(`cc-${traceId}-${spanId}-01-what-comes-later`)).toEqual({
    traceId,
    spanId,
    flags: 1,
  })
})

test.each([
  null,
  '',
  'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  '00-00000000000000000000000000000000-b7ad6b7169203331-01',
  '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
  '00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01',
  '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more',
  '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01, 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  '00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01',
  'me@example.com',
])('%p is none', (text) => {
  expect(parseTraceParent(text)).toBeUndefined()
})
