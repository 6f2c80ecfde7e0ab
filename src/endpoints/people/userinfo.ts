import { Elysia } from 'elysia'
import type { Deps } from '../../deps.ts'
import { answerClientPreflights } from '../../http/answer/cors.ts'
import { json } from '../../http/answer/json.ts'
import { noStore } from '../../http/answer/no-store.ts'
import { getCallerForPerson } from '../../http/person-caller.ts'
import { parseForm } from '../../http/request/form.ts'
import { getTenant } from '../../http/tenant-of-path.ts'
import { buildUserinfo, signUserinfo, type TokenOfPerson } from '../../tokens/people/userinfo-claims.ts'
import { profileDetail, userinfoByPostDetail, userinfoDetail } from './userinfo-detail.ts'

const path = '/api/v1/tenant/:tenant/oauth/userinfo'

/** `GET` and `POST /api/v1/tenant/{tenant}/oauth/userinfo` (OpenID Connect Core section 5.3), and `GET /api/v1/user/profile`. */
export const userinfoEndpoint = (deps: Deps) =>
  new Elysia()
    .use(answerClientPreflights(path, ['GET', 'POST'], deps))
    .get(
      path,
      async ({ request, params }) => {
        const { id: tenantId } = await getTenant(request, params.tenant, deps)
        return answer(await getCallerForPerson(request, { tenantId }, deps), deps)
      },
      { detail: userinfoDetail },
    )
    .post(
      path,
      async ({ request, params }) => {
        const { id: tenantId } = await getTenant(request, params.tenant, deps)
        const postedToken = await findPostedToken(request)
        return answer(await getCallerForPerson(request, { tenantId, postedToken }, deps), deps)
      },
      { parse: 'none', detail: userinfoByPostDetail },
    )
    .get(
      '/api/v1/user/profile',
      async ({ request }) => answer(await getCallerForPerson(request, {}, deps), deps),
      { detail: profileDetail },
    )

/** The token of a form. Other bodies, and none, are not read, because the token is in the header then. */
async function findPostedToken(request: Request): Promise<string | undefined> {
  const isForm = request.headers
    .get('content-type')
    ?.toLowerCase()
    .startsWith('application/x-www-form-urlencoded')
  return isForm ? (await parseForm(request)).get('access_token') : undefined
}

async function answer(token: TokenOfPerson, deps: Deps): Promise<Response> {
  if (!token.client.userinfo_signed) return json(buildUserinfo(token))
  const headers = { ...noStore, 'Content-Type': 'application/jwt' }
  return new Response(await signUserinfo(token, deps), { headers })
}
