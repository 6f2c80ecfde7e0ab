import { expect, test } from 'bun:test'
import { readTracingSettings, TracingFault } from '../../src/tracing/tracing-settings.ts'

const read = (variables: Record<string, string>) =>
  readTracingSettings((name) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', ...variables })[name])

test('an endpoint is enough', () => {
  expect(read({})).toEqual({
    endpoint: 'http://c:4318/v1/traces',
    protocol: 'http/protobuf',
    headers: {},
    timeout: 10_000,
    sampler: 'parentbased_always_on',
    ratio: 1,
    resource: { 'service.name': 'grantd' },
  })
})

test('the variables of traces win over those of all signals, and their endpoint is the whole URL', () => {
  expect(
    read({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://all:4318/base/',
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=all',
      OTEL_EXPORTER_OTLP_TIMEOUT: '5000',
    }),
  ).toMatchObject({
    endpoint: 'https://all:4318/base/v1/traces',
    headers: { 'api-key': 'all' },
    timeout: 5000,
  })
  expect(
    read({
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://own:1/here',
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=all',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'api-key=se%20cret, tenant = a=b',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    }),
  ).toMatchObject({
    endpoint: 'https://own:1/here',
    headers: { 'api-key': 'se cret', tenant: 'a=b' },
    protocol: 'http/json',
  })
})

test('the service has a name and attributes, and the sampler a share', () => {
  const attributes = 'service.name=other,deployment.environment.name=a%2Cb'
  expect(read({ OTEL_RESOURCE_ATTRIBUTES: attributes })?.resource).toEqual({
    'service.name': 'other',
    'deployment.environment.name': 'a,b',
  })
  expect(
    read({ OTEL_RESOURCE_ATTRIBUTES: attributes, OTEL_SERVICE_NAME: 'id' })?.resource['service.name'],
  ).toBe('id')
  expect(read({ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' })).toMatchObject({
    sampler: 'traceidratio',
    ratio: 0.25,
  })
})

test('the SDK, or the traces alone, can be switched off', () => {
  expect(read({ OTEL_SDK_DISABLED: 'TRUE' })).toBeUndefined()
  expect(read({ OTEL_TRACES_EXPORTER: 'none' })).toBeUndefined()
})

test.each([
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'hunter2:4318', 'is no URL'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://me:hunter2@c:4318', 'has a user or a password'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'hunter2', 'is malformed'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'a=%hunter2', 'is malformed'],
  ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc', 'wanted one of http/protobuf, http/json'],
  ['OTEL_TRACES_SAMPLER', 'hunter2', 'wanted one of always_on,'],
  ['OTEL_EXPORTER_OTLP_TIMEOUT', '0', 'wanted milliseconds'],
])('%s=%s is refused by its name, and its value is not told', (name, value, why) => {
  const refused = () => read({ [name]: value })
  expect(refused).toThrow(TracingFault)
  expect(refused).toThrow(why)
  expect(refused).not.toThrow('hunter2')
})
