import { expect, test } from 'bun:test'
import { withComponents } from '../../src/swagger/components.ts'

const thing = { title: 'Thing', type: 'object', properties: { id: { type: 'string' } } }
const missing = { 'x-shared': 'Missing', description: 'It is not there', content: { schema: thing } }

test('a schema with a title and an answer that is shared are kept once, and by reference elsewhere', () => {
  const paths = {
    '/a': { get: { 200: { list: { items: thing } }, 404: missing } },
    '/b': { get: { 404: missing } },
  }
  expect(withComponents({ openapi: '3.0.3', paths })).toEqual({
    openapi: '3.0.3',
    paths: {
      '/a': {
        get: {
          200: { list: { items: { $ref: '#/components/schemas/Thing' } } },
          404: { $ref: '#/components/responses/Missing' },
        },
      },
      '/b': { get: { 404: { $ref: '#/components/responses/Missing' } } },
    },
    components: {
      schemas: { Thing: { type: 'object', properties: { id: { type: 'string' } } } },
      responses: {
        Missing: {
          description: 'It is not there',
          content: { schema: { $ref: '#/components/schemas/Thing' } },
        },
      },
    },
  })
})

test('a member that is called title is no name', () => {
  const schema = { type: 'object', properties: { title: { type: 'string' } } }
  expect(withComponents({ paths: { schema } })['paths']).toEqual({ schema })
})

test('two that differ and have one name are refused', () => {
  const other = { ...thing, properties: {} }
  expect(() => withComponents({ paths: { a: thing, b: other } })).toThrow(
    'Two different schemas of the OpenAPI document have the name Thing',
  )
})
