// A page without a server of its own: the library runs in the browser.
import {
  CLIENT_ID,
  fileOf,
  ISSUER,
  POST_LOGOUT_REDIRECT_URI,
  REDIRECT_URI,
  serve,
  versionOf,
} from './app.mjs'

const settings = {
  authority: ISSUER,
  client_id: CLIENT_ID,
  redirect_uri: REDIRECT_URI,
  post_logout_redirect_uri: POST_LOGOUT_REDIRECT_URI,
  scope: 'openid profile email',
  loadUserInfo: true,
  automaticSilentRenew: false,
}
const page = (script) => () => ({
  html: `<!doctype html><title>SPA</title><pre id="shown">...</pre><script src="/oidc.js"></script><script type="module">
const manager = new oidc.UserManager({ ...${JSON.stringify(settings)}, userStore: new oidc.WebStorageStateStore({ store: localStorage }) })
const show = (value) => { document.getElementById('shown').textContent = JSON.stringify(value) }
try { ${script} } catch (error) { show(String(error)) }
</script>`,
})

serve(versionOf('oidc-client-ts'), {
  '/oidc.js': () => ({ script: fileOf('oidc-client-ts/dist/browser/oidc-client-ts.min.js') }),
  '/login': page('await manager.signinRedirect()'),
  '/callback': page('show((await manager.signinRedirectCallback()).profile)'),
  '/refresh': page(`const before = await manager.getUser(); const after = await manager.signinSilent()
    show(after.access_token === before.access_token ? 'the same' : 'refreshed')`),
  '/userinfo': page(`const { access_token } = await manager.getUser()
    const endpoint = await manager.metadataService.getUserInfoEndpoint()
    show(await (await fetch(endpoint, { headers: { Authorization: 'Bearer ' + access_token } })).json())`),
  '/logout': page('await manager.signoutRedirect()'),
  '/signed-out': page("await manager.signoutRedirectCallback(); show('signed out')"),
})
