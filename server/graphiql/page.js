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

const examples = [
  `# Creates a lead. Its job "lead.created" starts in the same transaction.
mutation CreateLead {
  createLead(
    input: {
      email: "anna@example.com"
      firstName: "Anna"
      locale: "es-ES"
      emailConsent: GRANTED
      idempotencyKey: "try-me-1"
    }
  ) {
    __typename
    ... on CreateLeadPayload {
      alreadyExisted
      lead { id email }
      job { id state }
    }
    ... on Error { code message }
    ... on LeadExistsError { lead { id email } }
    ... on InvalidInputError { issues { path message } }
  }
}`,
  `# What happens to jobs, live. Create a lead in the first tab and watch.
subscription WatchJobs {
  jobEvents(filter: { names: [LEAD_CREATED] }) {
    __typename
    ... on JobEvent { cursor type state at jobId attempt progress line errorMessage }
    ... on JobEventsSnapshot { cursor more jobs { id name state } }
    ... on JobEventsGap { cursor reason }
  }
}`,
  `# Did a lead get its messages, and why not? Put its id in the variables.
query Lead($id: ID!) {
  lead(id: $id) {
    email
    status
    messages { purpose channel state delivery reason }
    timeline { nodes { seq type at channel reason } }
    jobs { nodes { id name state error { class message } } }
  }
}`,
  `# Jobs that failed for good, newest first.
query DeadJobs {
  jobs(filter: { states: [DEAD] }, first: 20) {
    totalCount
    nodes {
      id
      name
      finishedAt
      error { class message }
      attemptHistory { run number outcome errorMessage }
    }
  }
}`,
  `# Starts a dead or cancelled job again. Put its id in the variables.
mutation RetryJob($id: ID!) {
  retryJob(input: { id: $id, reason: "Tried from GraphiQL" }) {
    __typename
    ... on JobPayload { job { id state run } }
    ... on Error { code message }
  }
}`,
  `# Messages whose answer was lost: nobody knows yet whether they were sent.
query UnknownMessages {
  messages(filter: { states: [UNKNOWN] }, first: 20) {
    totalCount
    nodes { id channel claimedAt reason lead { id email phone } }
  }
}`,
  `# Says that an UNKNOWN message was not sent, so that it is sent now (or SENT: it was). Put its id in the variables.
mutation ResolveMessage($id: ID!) {
  resolveMessage(input: { id: $id, outcome: NOT_SENT, reason: "Asked by phone" }) {
    __typename
    ... on ResolveMessagePayload { sentMessage { id state } job { id state } }
    ... on Error { code message }
  }
}`,
  `# The kinds of jobs there are, and how to start them.
query JobDefinitions {
  jobDefinitions { name description mutation permission startable attempts inputSchema }
}`,
]

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
  YogaGraphiQL.renderYogaGraphiQL(document.getElementById('graphiql'), {
    endpoint,
    subscriptionsEndpoint: endpoint,
    subscriptionsProtocol: 'WS',
    connectionParams: authorization,
    additionalHeaders: authorization,
    shouldPersistHeaders: false,
    title: 'GraphiQL',
    defaultTabs: examples.map((query) => ({
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
