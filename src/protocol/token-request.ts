import { type TObject, type TSchema, Type } from '@sinclair/typebox'
import { ClientParameters } from './client-authentication.ts'

export interface TokenRequestOptions {
  /** The grant types that the server has. */
  readonly grantTypes: readonly string[]
  /** The parameters of single grants, each with a description of one sentence. */
  readonly parameters: Readonly<Record<string, string>>
}

/** The parameters of the token endpoint, for the OpenAPI document (RFC 6749 section 4, RFC 8707 section 2). */
export function tokenRequest({ grantTypes, parameters }: TokenRequestOptions): TObject {
  const own = Object.entries(parameters).map(([name, description]) => [name, text(description)])
  return Type.Object(
    {
      grant_type: Type.Unsafe<string>({ type: 'string', enum: [...grantTypes] }),
      ...ClientParameters,
      scope: text(
        'Scopes separated by single spaces; without it, the default scopes of the client, or all that the person allowed',
      ),
      resource: text('The API that the token is for, as RFC 8707 names it; may be repeated'),
      audience: text('Another name for resource'),
      ...Object.fromEntries(own),
    },
    // Generated clients use this name, so it stays the same when grants are added.
    { title: 'ClientCredentialsRequest' },
  )
}

function text(description: string): TSchema {
  return Type.Optional(Type.String({ description }))
}
