import { Type } from '@sinclair/typebox'
import { auditEventTypes } from '../protocol/audit-events.ts'
import {
  Choice,
  Duration,
  FileOrNull,
  longestTokenLife,
  OrNull,
  TokensPerMinute,
  VariableOrNull,
} from './schema-kinds.ts'
import { TlsConfig } from './service/tls-schema.ts'

/** The settings of the whole server, which belong to no tenant. */

const Failures = (options: { description: string; default: number }) =>
  Type.Integer({ minimum: 1, maximum: 1_000_000, ...options })

const SignIns = (options: { description: string; default: number }) =>
  Type.Integer({ minimum: 20, maximum: 1_000_000, ...options })

export const MetricsConfig = Type.Object(
  {
    enabled: Type.Boolean({ default: true, description: 'false: as if the block were not there' }),
    host: Type.String({
      minLength: 1,
      format: 'host',
      default: '127.0.0.1',
      description: 'Address to listen on: anyone who reaches it reads the metrics and the status page',
    }),
    port: Type.Integer({
      minimum: 0,
      maximum: 65_535,
      default: 9464,
      description: 'Port; 0 takes a free one',
    }),
  },
  {
    default: { enabled: false },
    description:
      'Counts requests and tokens: metrics for Prometheus at /metrics and a page for people at /status, on a port of their own. Off without this block',
  },
)

/** Seconds. Bun has no longer timeout. */
const longestIdleTimeout = 255

/** Limits of what is read from a client; docs/operations/limits.md says what the runtime limits besides. */
export const ConnectionsConfig = Type.Object(
  {
    most: OrNull(
      Type.Integer({
        minimum: 10,
        maximum: 1_000_000,
        description:
          'Most connections at once, of each worker; above, those are ended that are missed least. Default: what the limit of open files allows, at most 20000',
      }),
    ),
    most_per_address: OrNull(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        description:
          'Most connections of one IPv4 address or one IPv6 network of 64 bits, of each worker; trusted proxies and loopback are not counted. Default: a quarter of most',
      }),
    ),
    request_time: Duration({
      minimum: 1,
      maximum: 3600,
      default: 30,
      description: 'How long the head of a request may take to arrive, and as long again its body',
    }),
    answer_time: Duration({
      minimum: 1,
      maximum: 3600,
      default: 60,
      description: 'How long bytes of an answer may wait for a client that does not read them',
    }),
    url_bytes: Type.Integer({
      minimum: 1024,
      maximum: 16_000,
      default: 8192,
      description: 'Longest URL of a request, its host among it; above, 414',
    }),
    body_bytes: Type.Integer({
      minimum: 4096,
      maximum: 1_000_000,
      default: 65_536,
      description: 'Largest body of a request; above, 413',
    }),
    form_parameters: Type.Integer({
      minimum: 20,
      maximum: 10_000,
      default: 100,
      description: 'Most parameters of a form or of a query; above, 400',
    }),
  },
  { default: {}, description: 'Limits of connections and of requests' },
)

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
          'Base of every link and default issuer, as clients reach it; default http://localhost:<port>, or https:// with tls',
      }),
    ),
    tls: Type.Optional(TlsConfig),
    idle_timeout: Duration({
      minimum: 0,
      maximum: longestIdleTimeout,
      default: 75,
      description:
        'Closes a connection after this time without a byte: 10s to 255s, longer than the proxy in front keeps idle connections. 0: never',
    }),
    shutdown_delay: Duration({
      minimum: 0,
      maximum: 600,
      default: 0,
      description:
        'How long requests are still served after SIGTERM, while /health/ready is 503, so that load balancers send the next ones elsewhere',
    }),
    connections: ConnectionsConfig,
    trusted_proxies: Type.Array(Type.String({ format: 'ip-range' }), {
      default: [],
      description:
        'Proxies whose proxy_header is believed, as addresses or subnets: for limits and for the audit trail. Default: no proxy',
    }),
    proxy_header: Choice(['x-forwarded-for', 'forwarded'], {
      default: 'x-forwarded-for',
      description:
        'The header in which the trusted proxies name the address before them; forwarded is RFC 7239. The other one is not read, because a proxy passes it on as it came',
    }),
    metrics: MetricsConfig,
    try_page: OrNull(
      Type.Boolean({
        description:
          'Serve an example page at each tenant with people; default: where host is a loopback address',
      }),
    ),
    watch: Type.Boolean({
      default: false,
      description:
        'Reload when config.yaml or an included file changes, once it is unchanged for a second. Files that settings name are not watched',
    }),
    signing_engine: Choice(['auto', 'builtin', 'openssl'], {
      default: 'auto',
      description:
        'What makes signatures: the runtime (builtin), the OpenSSL 3 of the host (openssl), or the faster of both, measured (auto)',
    }),
  },
  { default: {}, description: 'How the server is reached' },
)

export const LimitsConfig = Type.Object(
  {
    enabled: Type.Boolean({ default: true, description: 'Slow down guessing, and limit rates' }),
    failures_per_client_and_address: Failures({
      default: 10,
      description: 'Failed attempts at one client from one address that cost no wait',
    }),
    failures_per_client: Failures({
      default: 100,
      description:
        'Failed attempts at one client from anywhere; above, each address that fails waits after its first one',
    }),
    failures_per_address: Failures({
      default: 100,
      description: 'Failed attempts from one address at one tenant, for any client',
    }),
    failures_per_tenant: Failures({
      default: 1000,
      description: 'Failed attempts at one tenant; above, each address that fails waits after its first one',
    }),
    failures_per_person: Failures({
      default: 5,
      description:
        'Wrong passwords for one name from anywhere that cost no wait; browsers in which the person signed in before are counted by themselves',
    }),
    failures_per_person_address: Failures({
      default: 20,
      description: 'Wrong passwords of people from one address at one tenant that cost no wait',
    }),
    longest_backoff: Duration({
      minimum: 1,
      maximum: 86_400,
      default: 900,
      description: 'The longest wait: the first is one second, and each further failure doubles it',
    }),
    refusal_delay: Duration({
      minimum: 0,
      maximum: 10,
      default: 1,
      description:
        'Answers with 429 are held for so long, and up to twice as long, while more than twenty go out in a second, so that a flood sends fewer; 0: never',
    }),
    tokens_per_minute_per_client: OrNull(
      TokensPerMinute(
        'Answers with tokens that one client gets in a minute; its tokens_per_minute replaces it. Default: no limit',
      ),
    ),
    tokens_per_minute_per_tenant: OrNull(
      TokensPerMinute(
        'Answers with tokens that all clients of one tenant get in a minute; oauth2.tokens_per_minute replaces it. Default: no limit',
      ),
    ),
    sign_ins_per_address: SignIns({
      default: 600,
      description:
        'Sign-ins, device codes and pushed requests that one address begins in a minute at one tenant without proving anything; a twentieth while the tenant is above its own',
    }),
    sign_ins_per_tenant: SignIns({
      default: 6000,
      description: 'The same of all addresses at one tenant; never more than twice as many at once',
    }),
  },
  {
    default: {},
    description:
      'Limits of failed attempts and rates; what is above gets 429 with Retry-After. A client never waits for failures at an address from which it succeeded before',
  },
)

export const PostgresConfig = Type.Object(
  {
    password_env: VariableOrNull('Environment variable with the password'),
    password_file: FileOrNull('File with the password; one line end is cut'),
    ca_file: FileOrNull('PEM of the certificate authority of the server'),
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

export const RefusalsConfig = Type.Object(
  {
    retain: Duration({
      minimum: 60,
      maximum: 86_400,
      default: 3600,
      description: 'How long a refused request can be explained',
    }),
  },
  { default: {}, description: 'Why requests were refused, for grantd explain' },
)
