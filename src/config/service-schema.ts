import { Type } from '@sinclair/typebox'
import { auditEventTypes } from '../protocol/audit-events.ts'
import { Choice, Duration, longestTokenLife, OrNull } from './schema-kinds.ts'

/** The parts of config.yaml that are of the whole server and of no tenant. */

const Failures = (options: { description: string; default: number }) =>
  Type.Integer({ minimum: 1, maximum: 1_000_000, ...options })

export const MetricsConfig = Type.Object(
  {
    enabled: Type.Boolean({ default: false, description: 'Count, and serve what was counted' }),
    host: Type.String({
      minLength: 1,
      format: 'host',
      default: '127.0.0.1',
      description: 'Address to listen on: anybody who reaches it reads the metrics',
    }),
    port: Type.Integer({
      minimum: 0,
      maximum: 65_535,
      default: 9464,
      description: 'Port; 0 takes a free one',
    }),
  },
  { default: {}, description: 'Metrics for Prometheus at /metrics, on a port of their own' },
)

/** Seconds: what Bun can count to. */
const longestIdleTimeout = 255

export const ServerConfig = Type.Object(
  {
    host: Type.String({
      minLength: 1,
      format: 'host',
      default: '127.0.0.1',
      description: 'Address to listen on',
    }),
    port: Type.Integer({
      minimum: 0,
      maximum: 65_535,
      default: 3000,
      description: 'Port; 0 takes a free one',
    }),
    public_url: OrNull(
      Type.String({
        format: 'base-url',
        description:
          'Base of every link and default issuer, as clients reach it; default http://localhost:<port>',
      }),
    ),
    idle_timeout: Duration({
      minimum: 0,
      maximum: longestIdleTimeout,
      default: 75,
      description:
        'A connection without a byte for so long is closed: 10s to 255s, longer than the proxy in front keeps idle connections. 0: never',
    }),
    shutdown_delay: Duration({
      minimum: 0,
      maximum: 600,
      default: 0,
      description:
        'After SIGTERM /health/ready is 503 and requests are served for so long, so that load balancers send the next ones elsewhere',
    }),
    trusted_proxies: Type.Array(Type.String({ format: 'ip-range' }), {
      default: [],
      description:
        'Proxies whose X-Forwarded-For is believed, as addresses or subnets: for limits and for the audit trail. Default: nobody is believed',
    }),
    metrics: MetricsConfig,
    signing_engine: Choice(['auto', 'builtin', 'openssl'], {
      default: 'auto',
      description:
        'What makes signatures: the runtime (builtin), the OpenSSL 3 of the host, or the faster of both as it is measured',
    }),
  },
  { default: {}, description: 'How the server is reached' },
)

export const LimitsConfig = Type.Object(
  {
    enabled: Type.Boolean({ default: true, description: 'Slow down whoever guesses' }),
    failures_per_client_and_address: Failures({
      default: 10,
      description: 'Failed attempts at one client from one address that cost no wait',
    }),
    failures_per_client: Failures({
      default: 100,
      description: 'At one client from anywhere; beyond, each address that fails waits after its first one',
    }),
    failures_per_address: Failures({
      default: 100,
      description: 'From one address at one tenant, whatever the clients',
    }),
    failures_per_tenant: Failures({
      default: 1000,
      description: 'At one tenant; beyond, each address that fails waits after its first one',
    }),
    longest_backoff: Duration({
      minimum: 1,
      maximum: 86_400,
      default: 900,
      description: 'The longest wait: it begins with a second, and doubles with each further failure',
    }),
  },
  {
    default: {},
    description:
      'What guessing meets: 429 with Retry-After. A client that succeeded from an address before never waits there',
  },
)

export const PostgresConfig = Type.Object(
  {
    password_env: OrNull(
      Type.String({
        minLength: 1,
        format: 'variable',
        description: 'Environment variable with the password',
      }),
    ),
    password_file: OrNull(
      Type.String({
        minLength: 1,
        format: 'path',
        description: 'File with the password; one line end is cut',
      }),
    ),
    ca_file: OrNull(
      Type.String({
        minLength: 1,
        format: 'path',
        description: 'PEM of the certificate authority of the server',
      }),
    ),
    pool: Type.Integer({ minimum: 1, maximum: 1000, default: 10, description: 'Most connections at once' }),
    connect_timeout: Duration({
      minimum: 1,
      maximum: 60,
      default: 2,
      description: 'Wait for a connection; then 503',
    }),
    statement_timeout: Duration({
      minimum: 1,
      maximum: 600,
      default: 2,
      description: 'Wait for one statement; then 503',
    }),
  },
  { default: {}, description: 'How Postgres is reached, where storage names it' },
)

export const AdminConfig = Type.Object(
  {
    tenant: OrNull(
      Type.String({
        format: 'tenant-id',
        description:
          'The tenant whose grantd:admin tokens manage every tenant; default: each manages itself alone',
      }),
    ),
  },
  { description: 'Present: the admin API is served' },
)

export const AuditConfig = Type.Object(
  {
    enabled: Type.Boolean({ default: true, description: 'Keep an audit trail' }),
    retain: Duration({
      minimum: 60,
      maximum: longestTokenLife * 10,
      default: 90 * 86_400,
      description: 'How long events are kept',
    }),
    skip: Type.Array(Choice(auditEventTypes, { description: 'A type of event' }), {
      default: [],
      description: 'Events that are not kept, such as token.issued on a busy server',
    }),
  },
  { default: {}, description: 'The audit trail' },
)
