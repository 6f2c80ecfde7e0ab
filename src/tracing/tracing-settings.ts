/** Where traces go, and which are kept: the standard variables of OpenTelemetry. */
export interface TracingSettings {
  readonly endpoint: string
  readonly protocol: 'http/json' | 'http/protobuf'
  /** They may hold a secret of the collector. */
  readonly headers: Readonly<Record<string, string>>
  /** Milliseconds for sending a batch. */
  readonly timeout: number
  readonly sampler: SamplerName
  /** The share of traces that are kept, from 0 to 1. */
  readonly ratio: number
  readonly resource: Readonly<Record<string, string>>
}

const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const
export type SamplerName = (typeof samplers)[number]

const protocols = ['http/protobuf', 'http/json'] as const

/** A variable that cannot be used. `message` never has its value, which may be a secret. */
export class TracingFault extends Error {}

type Environment = (name: string) => string | undefined

/** Undefined: traces are switched off. Throws {@link TracingFault}. */
export function readTracingSettings(environment: Environment): TracingSettings | undefined {
  const isOff = environment('OTEL_SDK_DISABLED')?.toLowerCase() === 'true'
  if (isOff || environment('OTEL_TRACES_EXPORTER') === 'none') return undefined
  /** An empty variable counts as one that is not set. */
  const find = (...names: string[]) => {
    const name = names.find((each) => environment(each))
    return name === undefined ? undefined : { name, text: environment(name) ?? '' }
  }
  const sampler = choose(find('OTEL_TRACES_SAMPLER'), samplers, 'parentbased_always_on')
  const headers = find('OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'OTEL_EXPORTER_OTLP_HEADERS')
  const attributes = parsePairs(find('OTEL_RESOURCE_ATTRIBUTES'))
  const name = environment('OTEL_SERVICE_NAME') || attributes['service.name'] || 'grantd'
  return {
    endpoint: findEndpoint(find),
    protocol: choose(
      find('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'),
      protocols,
      'http/protobuf',
    ),
    headers: parsePairs(headers),
    timeout: parseNumber(find('OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', 'OTEL_EXPORTER_OTLP_TIMEOUT'), {
      fallback: 10_000,
      ...{ least: 1, most: 60_000, wanted: 'milliseconds from 1 to 60000' },
    }),
    sampler,
    ratio: sampler.endsWith('traceidratio')
      ? parseNumber(find('OTEL_TRACES_SAMPLER_ARG'), {
          fallback: 1,
          ...{ least: 0, most: 1, wanted: 'a number from 0 to 1' },
        })
      : 1,
    resource: { ...attributes, 'service.name': name },
  }
}

interface Variable {
  readonly name: string
  readonly text: string
}

type Find = (...names: string[]) => Variable | undefined

/** The variable of traces is the whole URL, that of all signals is its base. */
function findEndpoint(find: Find): string {
  const own = find('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT')
  const base = own ?? find('OTEL_EXPORTER_OTLP_ENDPOINT')
  const text = base?.text ?? ''
  if (!/^https?:\/\/[^/?#]/i.test(text) || !URL.canParse(text))
    throw new TracingFault(`${base?.name} is no URL, wanted one such as http://localhost:4318`)
  const { username, password } = new URL(text)
  if (username || password)
    throw new TracingFault(
      `${base?.name} has a user or a password, wanted them in OTEL_EXPORTER_OTLP_HEADERS`,
    )
  return own ? text : `${text.replace(/\/+$/, '')}/v1/traces`
}

function choose<T extends string>(variable: Variable | undefined, names: readonly T[], fallback: T): T {
  if (!variable) return fallback
  const found = names.find((each) => each === variable.text)
  if (found) return found
  throw new TracingFault(`${variable.name} is not known here, wanted one of ${names.join(', ')}`)
}

interface NumberRule {
  readonly fallback: number
  readonly least: number
  readonly most: number
  readonly wanted: string
}

function parseNumber(variable: Variable | undefined, { fallback, least, most, wanted }: NumberRule): number {
  if (!variable) return fallback
  const value = Number(variable.text)
  if (value >= least && value <= most) return value
  throw new TracingFault(`${variable.name} is out of range, wanted ${wanted}`)
}

/** `key=value,key=value`, percent-encoded, as in W3C Baggage. */
function parsePairs(variable: Variable | undefined): Record<string, string> {
  const pairs: Record<string, string> = {}
  for (const part of variable?.text.split(',') ?? []) {
    if (part.trim() === '') continue
    const [, key = '', value = ''] = /^\s*([^=\s]+)\s*=(.*)$/.exec(part) ?? []
    const decoded = decode(value.trim())
    if (key === '' || decoded === undefined)
      throw new TracingFault(`${variable?.name} is malformed, wanted name=value,name=value`)
    pairs[key] = decoded
  }
  return pairs
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
