import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import type { SpanExporter } from '@opentelemetry/sdk-trace'
import type { TracingSettings } from './tracing-settings.ts'

/** Posts bytes, and returns the status of the answer. Throws if there is none in time. */
export type SendTraces = (
  body: Uint8Array,
  post: {
    readonly url: string
    readonly headers: Readonly<Record<string, string>>
    readonly timeout: number
  },
) => Promise<number>

interface ExporterOptions {
  readonly send: SendTraces
  /** Called when a batch was lost, once until one arrives again. The reason has no header. */
  readonly onLost: (reason: string) => void
}

const formats = {
  'http/json': { serializer: JsonTraceSerializer, type: 'application/json' },
  'http/protobuf': { serializer: ProtobufTraceSerializer, type: 'application/x-protobuf' },
} as const

/** Codes of ExportResult. */
const [success, failed] = [0, 1]

/** Sends batches by OTLP over HTTP. A batch that cannot be sent is lost, because spans must not heap up. */
export function createExporter(settings: TracingSettings, { send, onLost }: ExporterOptions): SpanExporter {
  const { endpoint: url, timeout } = settings
  const { serializer, type } = formats[settings.protocol]
  const headers = { ...settings.headers, 'Content-Type': type }
  let isFailing = false

  async function post(body: Uint8Array): Promise<number> {
    const status = await send(body, { url, headers, timeout }).catch(() => 0)
    if (status >= 200 && status < 300) {
      isFailing = false
      return success
    }
    if (!isFailing) onLost(status === 0 ? 'no answer in time' : `the answer is ${status}`)
    isFailing = true
    return failed
  }

  return {
    export: (spans, done) => {
      const body = serializer.serializeRequest(spans)
      if (!body) return done({ code: failed })
      void post(body).then((code) => done({ code }))
    },
    shutdown: async () => {},
  }
}
