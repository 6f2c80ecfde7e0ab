import express from 'express'
import session from 'express-session'
import * as openid from 'openid-client'
import { Strategy } from 'openid-client/passport'
import passport from 'passport'
import {
  CLIENT_ID,
  CLIENT_SECRET,
  ISSUER,
  PORT,
  POST_LOGOUT_REDIRECT_URI,
  REDIRECT_URI,
  versionOf,
} from './app.mjs'

const config = await openid.discovery(new URL(ISSUER), CLIENT_ID, CLIENT_SECRET)
const app = express()
app.use(session({ secret: 'of the test', resave: false, saveUninitialized: true }))
app.use(passport.initialize())
app.use(passport.session())
passport.serializeUser((user, done) => done(null, user))
passport.deserializeUser((user, done) => done(null, user))
passport.use(
  'oidc',
  new Strategy({ config, scope: 'openid email', callbackURL: REDIRECT_URI }, (tokens, done) =>
    done(null, { claims: tokens.claims(), ...tokens }),
  ),
)

app.get('/version', (_, response) => response.send(versionOf('passport', 'openid-client')))
app.get('/login', passport.authenticate('oidc'))
app.get('/callback', passport.authenticate('oidc'), (request, response) => response.json(request.user.claims))
app.get('/refresh', async (request, response) => {
  const next = await openid.refreshTokenGrant(config, request.user.refresh_token)
  Object.assign(request.user, next)
  response.json({ refreshed: true })
})
app.get('/userinfo', async (request, response) =>
  response.json(await openid.fetchUserInfo(config, request.user.access_token, request.user.claims.sub)),
)
app.get('/logout', (request, response, next) => {
  const url = openid.buildEndSessionUrl(config, {
    id_token_hint: request.user.id_token,
    post_logout_redirect_uri: POST_LOGOUT_REDIRECT_URI,
  })
  request.logout((error) => (error ? next(error) : response.redirect(url.href)))
})
app.get('/signed-out', (_, response) => response.send('signed out'))
app.use((error, _request, response, _next) => response.status(500).send(`${error} ${error.cause ?? ''}`))
app.listen(Number(PORT), 'localhost')
