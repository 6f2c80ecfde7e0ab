import express from 'express'
import connect from 'express-openid-connect'
import { CLIENT_ID, CLIENT_SECRET, ISSUER, ORIGIN, PORT, versionOf } from './app.mjs'

const { auth, requiresAuth } = connect
const app = express()
app.get('/version', (_, response) => response.send(versionOf('express-openid-connect')))
app.get('/signed-out', (_, response) => response.send('signed out'))
app.use(
  auth({
    issuerBaseURL: ISSUER,
    baseURL: ORIGIN,
    clientID: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    secret: 'a secret of the test for the cookies',
    authRequired: false,
    idpLogout: true,
    authorizationParams: {
      response_type: 'code',
      scope: 'openid profile email offline_access',
      prompt: 'consent',
    },
    routes: { login: '/login', logout: '/logout', callback: '/callback', postLogoutRedirect: '/signed-out' },
  }),
)
app.get('/', requiresAuth(), (request, response) => response.json(request.oidc.user))
app.get('/refresh', requiresAuth(), async (request, response) => {
  const before = request.oidc.accessToken.access_token
  const { access_token } = await request.oidc.accessToken.refresh()
  response.json({ [access_token === before ? 'the same' : 'refreshed']: true })
})
app.get('/userinfo', requiresAuth(), async (request, response) =>
  response.json(await request.oidc.fetchUserInfo()),
)
app.use((error, _request, response, _next) =>
  response.status(500).send(`${error} ${error.cause ?? ''} ${error.error ?? ''}`),
)
app.listen(Number(PORT), 'localhost')
