/**
 * Starts the page, with light or dark colours like the system.
 *
 * Requests carry no credentials of the browser. Otherwise the browser would open its own login window after a 401 with a Basic challenge.
 *
 * Signing in uses PKCE. The sign-in comes back to a page beside this one.
 *
 * The page shows less than the document. Shared answers of an operation become one line each. Fields of a form start empty, because
 * Swagger UI would send its examples; empty fields are not sent.
 *
 * When the window for authorizations opens, Swagger UI scrolls to a scheme of its choice. The script scrolls to the first one, which
 * gets a token. A form shrinks after it is authorized, so the script keeps it in view.
 */
export const startScript = `
const dark = matchMedia('(prefers-color-scheme: dark)')
const paint = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', paint)
paint()

const tenant = new URLSearchParams(location.search).get('tenant')
const tenantField = document.getElementById('tenant-id')
tenantField.value = tenant ?? ''

const nameOf = (reference) => reference.split('/').at(-1)

function nameSharedAnswers(operation, { responses: shared }) {
  const named = Object.entries(operation.responses).filter(([, answer]) => answer.$ref)
  if (named.length === 0) return
  const lines = named.map(([status, { $ref }]) => '- ' + status + ': ' + shared[nameOf($ref)].description)
  operation.description += '\\n\\nOther answers:\\n' + lines.join('\\n')
  for (const [status] of named) delete operation.responses[status]
}

function emptyFields(operation, { schemas }) {
  const form = operation.requestBody?.content?.['application/x-www-form-urlencoded']
  if (!form) return
  for (const property of Object.values(schemas[nameOf(form.schema.$ref)].properties)) {
    if (!property.enum) property.example = ''
  }
}

let publicClient

function simplify(document) {
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods))
  for (const operation of operations) {
    nameSharedAnswers(operation, document.components)
    emptyFields(operation, document.components)
  }
  const { oauth2 } = document.components.securitySchemes
  const { tokenUrl } = oauth2.flows.clientCredentials
  publicClient = oauth2['x-public-client']
  tenantField.value = tokenUrl.split('/').at(-3)
  return document
}

const simplified = {
  statePlugins: {
    spec: { wrapActions: { updateJsonSpec: (update) => (document) => update(simplify(document)) } },
  },
}

function intercept(request) {
  request.credentials = 'omit'
  const type = request.headers?.['Content-Type']
  if (type === 'application/x-www-form-urlencoded' && typeof request.body === 'string') {
    request.body = request.body.split('&').filter((field) => !field.endsWith('=')).join('&')
  }
  return request
}

let clickedForm
document.addEventListener('click', ({ target }) => { clickedForm = target.closest('.auth-container') })

function startAtTheTop(content) {
  content.querySelector('input')?.focus({ preventScroll: true })
  content.scrollTop = 0
}

function followAuthorize() {
  const content = document.querySelector('.modal-ux-content')
  if (!content) return
  const before = content.dataset.authorized
  const now = content.querySelectorAll('.auth-container h6').length
  content.dataset.authorized = now
  if (before === undefined) startAtTheTop(content)
  else if (now > Number(before)) clickedForm?.scrollIntoView()
}
new MutationObserver(followAuthorize).observe(document.body, { childList: true, subtree: true })

window.ui = SwaggerUIBundle({
  url: 'swagger/json' + (tenant ? '?tenant=' + encodeURIComponent(tenant) : ''),
  dom_id: '#swagger-ui',
  plugins: [simplified],
  requestInterceptor: intercept,
  deepLinking: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: -1,
  validatorUrl: null,
  oauth2RedirectUrl: new URL('swagger/oauth2-redirect', location).href,
  // A client without a secret signs people in, so its id is filled in.
  onComplete: () => window.ui.initOAuth({ usePkceWithAuthorizationCodeGrant: true, clientId: publicClient }),
})
`
