/** Twenty, an open source CRM: the GraphQL API of one workspace (integrations.md 7). */
import { executeSync, GraphQLError, parse, validate } from 'graphql'
import { bearer, type Call, type Reply, type VendorApi } from './exchange.ts'
import { figuresOf } from './figures.ts'
import { createConnections, createRate } from './limits.ts'
import type { Settings } from './settings.ts'
import { anything, type Of, object, read, record, text } from './shape.ts'
import { answer, failure, fault, limitReached } from './twenty.errors.ts'
import { act } from './twenty.events.ts'
import { capital, type ObjectName, objectNames, objects } from './twenty.objects.ts'
import { type Change, createRows, type Source } from './twenty.records.ts'
import { buildWorkspaceSchema } from './twenty.schema.ts'
import type { Values } from './twenty.values.ts'
import { createTwentyHook } from './twenty.webhooks.ts'
import type { Courier, Webhooks } from './webhooks.ts'

type Surroundings = { settings: Settings; courier: Courier; webhooks: Webhooks }
type Rows = ReturnType<typeof createRows>
type Workspace = Record<ObjectName, Rows>

const schema = buildWorkspaceSchema()
const requestShape = object({ query: text() }, { variables: record(anything), operationName: text() })

/** `bad…` is no key, and the role of `forbidden…` may do nothing. */
export function createTwenty(around: Surroundings): VendorApi {
  const { settings } = around
  const perMinute = createRate(60_000)
  const connections = createConnections()
  let source: Source = 'API'
  const workspace = createWorkspace(createTwentyHook(around), () => source)
  const root = rootOf(workspace)

  return {
    handle(call) {
      const key = bearer(call.headers)
      if (call.path !== '/graphql') return failure(404)
      if (call.method !== 'POST') return answer([fault('Use POST', 'METHOD_NOT_ALLOWED')], 405)
      if (key === '' || key.startsWith('bad')) return answer([fault('Token invalid.', 'UNAUTHENTICATED')])
      if (key.startsWith('forbidden')) return answer([fault('Permission denied', 'FORBIDDEN')])
      if (!perMinute.arrive(key, settings.twentyPerMinute).allowed) {
        return answer([limitReached(settings.twentyPerMinute)])
      }
      return run(call, root)
    },
    failure,
    credential: (call) => bearer(call.headers),
    enter: (call) => connections.enter(bearer(call.headers), 0) ?? (() => {}),
    limits: () => figuresOf({ connections, perMinute }),
    act(event) {
      source = 'MANUAL'
      try {
        return act(workspace.person, event)
      } finally {
        source = 'API'
      }
    },
    state: () => Object.fromEntries(objectNames.map((name) => [objects[name].plural, workspace[name].all()])),
    sends: () => [],
  }
}

function createWorkspace(told: (change: Change) => void, source: () => Source): Workspace {
  const rows = (name: ObjectName) => createRows(name, told, source)
  return {
    person: rows('person'),
    note: rows('note'),
    noteTarget: rows('noteTarget'),
    opportunity: rows('opportunity'),
  }
}

/** The root fields: each object's queries and mutations. */
function rootOf(workspace: Workspace): Record<string, unknown> {
  return Object.assign({}, ...objectNames.map((name) => fieldsFor(name, workspace[name])))
}

function fieldsFor(name: ObjectName, rows: Rows): Record<string, unknown> {
  const { plural } = objects[name]
  return {
    [plural]: (page: Parameters<Rows['page']>[0]) => rows.page(page),
    [name]: ({ filter }: { filter?: Values }) =>
      rows.page({ ...(filter ? { filter } : {}), first: 1 }).edges[0]?.node,
    [`create${capital(plural)}`]: ({ data, upsert = false }: { data: Values[]; upsert?: boolean }) =>
      rows.write(data, upsert),
    [`create${capital(name)}`]: ({ data, upsert = false }: { data: Values; upsert?: boolean }) =>
      rows.write([data], upsert)[0],
    [`update${capital(name)}`]: ({ id, data }: { id: string; data: Values }) => rows.update(id, data),
    [`delete${capital(name)}`]: ({ id }: { id: string }) => rows.remove(id),
  }
}

function run(call: Call, rootValue: Record<string, unknown>): Reply {
  try {
    const { query, variables = {}, operationName } = requestOf(call)
    const document = parsedQuery(query)
    const invalid = validate(schema, document)
    if (invalid.length > 0) {
      return answer(invalid.map(({ message }) => fault(message, 'GRAPHQL_VALIDATION_FAILED')))
    }
    const options = { schema, document, rootValue, variableValues: variables }
    const result = executeSync(operationName === undefined ? options : { ...options, operationName })
    const errors = result.errors?.map((error) => (error.extensions.code ? error : fault(error.message)))
    return { status: 200, body: errors ? { ...result, errors } : result }
  } catch (error) {
    if (error instanceof GraphQLError) return answer([error])
    throw error
  }
}

function requestOf(call: Call): Of<typeof requestShape> {
  const refuse = (): never => {
    throw fault('The body is JSON with query, variables and operationName')
  }
  try {
    return read(requestShape, JSON.parse(call.body), refuse)
  } catch {
    return refuse()
  }
}

function parsedQuery(query: string) {
  try {
    return parse(query)
  } catch (error) {
    throw fault(error instanceof Error ? error.message : '', 'GRAPHQL_PARSE_FAILED')
  }
}
