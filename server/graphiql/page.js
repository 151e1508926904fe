/* Shows GraphiQL once there is an API key. The key comes from the field or from `#key=…`, and stays in this tab only. */

const endpoint = `${location.origin}/graphql`
const storage = 'solaria.key'

const workers = {
  editorWorkerService: 'editor.worker.js',
  json: 'json.worker.js',
  graphql: 'graphql.worker.js',
}
self.MonacoEnvironment = {
  globalAPI: false,
  getWorkerUrl: (_module, label) => `/graphiql/${document.body.dataset.version}/${workers[label]}`,
}

const form = document.getElementById('key-form')
const field = document.getElementById('key')
const who = document.getElementById('who')
let shown = false

const key = () => sessionStorage.getItem(storage) ?? ''
const authorization = () => ({ authorization: `Bearer ${key()}` })

/** The key in the URL is taken once and removed, so that it is not in bookmarks. */
function takeKeyFromUrl() {
  const given = new URLSearchParams(location.hash.slice(1)).get('key')
  if (!given) return
  sessionStorage.setItem(storage, given)
  history.replaceState({}, '', location.pathname)
}

async function greet() {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorization() },
    body: JSON.stringify({ query: '{ me { name role } workspace { name } }' }),
  })
  const { data, errors } = await response.json()
  if (errors) throw new Error(errors[0].message)
  return `${data.workspace.name} · key “${data.me.name}” (${data.me.role})`
}

function show() {
  if (shown) return
  shown = true
  document.getElementById('welcome').remove()
  YogaGraphiQL.renderYogaGraphiQL(document.getElementById('graphiql'), {
    endpoint,
    subscriptionsEndpoint: endpoint,
    subscriptionsProtocol: 'WS',
    connectionParams: authorization,
    additionalHeaders: authorization,
    shouldPersistHeaders: false,
    title: 'GraphiQL',
    defaultTabs: self.examples.map((query) => ({
      query,
      variables: query.includes('$id') ? '{ "id": "" }' : null,
    })),
    onEditQuery: () => undefined,
  })
}

async function start() {
  if (!key()) return
  try {
    who.textContent = await greet()
    delete who.dataset.bad
    show()
  } catch (error) {
    who.textContent = error.message
    who.dataset.bad = ''
  }
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  if (!field.value.trim()) return
  sessionStorage.setItem(storage, field.value.trim())
  field.value = ''
  if (shown) location.reload()
  else void start()
})

takeKeyFromUrl()
void start()
