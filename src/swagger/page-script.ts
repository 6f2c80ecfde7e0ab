/**
 * Starts the page and keeps its colours to those of the system.
 *
 * Requests leave credentials out: else a browser that is answered 401 with a challenge for Basic opens a window of its own.
 *
 * The page shows less than the document says: of answers that many operations have (by reference) one line, and of a form no value
 * that a person did not choose, because it would be sent. Fields that stay empty are not sent.
 *
 * Swagger UI focuses the scheme of its choice when the window for authorizations opens, which scrolls there; the first one, which gets
 * a token, is what most people want. A form shrinks once it is authorized, which would leave the next one in its place.
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

function simplify(document) {
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods))
  for (const operation of operations) {
    nameSharedAnswers(operation, document.components)
    emptyFields(operation, document.components)
  }
  const { tokenUrl } = document.components.securitySchemes.oauth2.flows.clientCredentials
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
})
`
