import { type Static, Type } from '@sinclair/typebox'
import { Duration, OrNull } from '../schema-kinds.ts'

const year = 365 * 86_400

export const TlsConfig = Type.Object(
  {
    cert_file: Type.String({
      minLength: 1,
      format: 'path',
      description: 'PEM of the certificate, then of those that signed it, such as fullchain.pem',
    }),
    key_file: Type.String({
      minLength: 1,
      format: 'path',
      description: 'PEM of its private key, not encrypted, such as privkey.pem',
    }),
    hsts: Duration({
      minimum: 0,
      maximum: 10 * year,
      default: year,
      description:
        'How long browsers use https alone for this host (HSTS), where public_url is https and not of this machine. 0: they are not told to',
    }),
    redirect_port: OrNull(
      Type.Integer({
        minimum: 0,
        maximum: 65_535,
        description:
          'Port for plain http that sends browsers on to public_url and refuses everything else; 0 takes a free one. Default: none',
      }),
    ),
  },
  {
    description:
      'Present: the server speaks TLS 1.2 and 1.3, and takes a new pair of files within seconds, without a restart',
  },
)
export type TlsConfig = Static<typeof TlsConfig>
