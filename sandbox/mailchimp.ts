/** Mailchimp Marketing v3: audiences and their members (integrations.md 3). */
import { randomUUID } from 'node:crypto'
import { bearer, type Call, Refusal, type Reply, replyOf, type VendorApi } from './exchange.ts'
import { createAudiences } from './mailchimp.audiences.ts'
import { project } from './mailchimp.fields.ts'
import { problem, refuseIssues } from './mailchimp.problems.ts'
import { mergeFieldShape, patchShape, putShape, tagsShape } from './mailchimp.shapes.ts'
import { createMailchimpHook } from './mailchimp.webhooks.ts'
import { dispatch, on, type Route } from './routes.ts'
import type { Settings } from './settings.ts'
import { read, type Shape } from './shape.ts'
import type { Courier, Webhooks } from './webhooks.ts'

type Surroundings = { settings: Settings; courier: Courier; webhooks: Webhooks }
type Audiences = ReturnType<typeof createAudiences>

const KEY = /^(?!bad)[0-9a-f]{32}-[a-z]{2}\d{1,3}$/

export function createMailchimp(around: Surroundings): VendorApi {
  const audiences = createAudiences()
  const routes = createRoutes(audiences)
  const tellPerson = createMailchimpHook(around)
  const connections = new Map<string, number>()

  return {
    async handle(call) {
      const reply = await replyOf(() => {
        authenticate(call)
        return dispatch(routes, call, { notFound: () => problem(404), notAllowed: methodNotAllowed })
      })
      return { ...reply, headers: { 'x-request-id': randomUUID(), ...reply.headers } }
    },
    failure: problem,
    credential,
    enter: (call) => takeConnection(connections, credential(call), around.settings.mailchimpConnections),
    act(event) {
      const outcome = audiences.act(event)
      if (typeof outcome === 'string') return outcome
      tellPerson(String(event.type), outcome)
      return null
    },
    state: () => ({ lists: audiences.lists(), members: audiences.allMembers() }),
    sends: () => [],
  }
}

/** The API key of `Basic anything:key` or `Bearer key`. */
function credential(call: Call): string {
  const basic = /^Basic (.+)$/i.exec(call.headers.authorization ?? '')?.[1]
  if (basic === undefined) return bearer(call.headers)
  const pair = Buffer.from(basic, 'base64').toString()
  return pair.slice(pair.indexOf(':') + 1)
}

function authenticate(call: Call): void {
  const key = credential(call)
  if (key === '') {
    throw new Refusal(problem(401, 'API Key Missing', 'Your request did not include an API key.'))
  }
  if (!KEY.test(key)) throw new Refusal(problem(401))
}

function takeConnection(connections: Map<string, number>, account: string, max: number): () => void {
  const open = connections.get(account) ?? 0
  if (open >= max) throw new Refusal(problem(429))
  connections.set(account, open + 1)
  return () => {
    const left = (connections.get(account) ?? 1) - 1
    if (left > 0) connections.set(account, left)
    else connections.delete(account)
  }
}

function methodNotAllowed(allow: string): Reply {
  return { ...problem(405), headers: { 'content-type': 'application/problem+json', allow } }
}

function createRoutes(audiences: Audiences): Route[] {
  const member = '/lists/:list/members/:hash'
  return [
    on('GET', '/ping', () => ({ status: 200, body: { health_status: "Everything's Chimpy!" } })),
    on('GET', '/lists', (call) => page(call, 'lists', audiences.lists())),
    on('GET', '/lists/:list', (call, list) => found(call, audiences.list(list!))),
    on('GET', '/lists/:list/merge-fields', (call, list) =>
      page(call, 'merge_fields', audiences.mergeFields(list!)),
    ),
    on('POST', '/lists/:list/merge-fields', (call, list) =>
      found(call, audiences.addMergeField(list!, bodyOf(call, mergeFieldShape))),
    ),
    on('GET', '/lists/:list/members', (call, list) =>
      page(call, 'members', audiences.select(list!, call.query)),
    ),
    on('GET', member, (call, list, hash) => found(call, audiences.get(list!, hash!))),
    on('PUT', member, (call, list, hash) =>
      found(call, audiences.put(list!, hash!, bodyOf(call, putShape), skipsMergeRules(call))),
    ),
    on('PATCH', member, (call, list, hash) =>
      found(call, audiences.patch(list!, hash!, bodyOf(call, patchShape), skipsMergeRules(call))),
    ),
    on('DELETE', member, (_, list, hash) => done(audiences.archive(list!, hash!))),
    on('POST', `${member}/actions/delete-permanent`, (_, list, hash) => done(audiences.forget(list!, hash!))),
    on('POST', `${member}/tags`, (call, list, hash) =>
      done(audiences.tag(list!, hash!, bodyOf(call, tagsShape).tags)),
    ),
  ]
}

function skipsMergeRules(call: Call): boolean {
  return call.query.get('skip_merge_validation') === 'true'
}

function bodyOf<T>(call: Call, shape: Shape<T>): T {
  return read(shape, parse(call.body), refuseIssues)
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw new Refusal(
      problem(400, 'JSON Parse Exception', 'We encountered an unspecified JSON parsing error.'),
    )
  }
}

function found(call: Call, body: object): Reply {
  return { status: 200, body: project(body, call.query) }
}

/** The answer of a call whose effect has just been made. */
function done(_effect: object): Reply {
  return { status: 204 }
}

/** A page of `count` (default 10, at most 1000) items after `offset`. */
function page(call: Call, name: string, all: object[]): Reply {
  const count = integer(call, 'count', 10, 1000)
  const offset = integer(call, 'offset', 0, Number.MAX_SAFE_INTEGER)
  const body = { [name]: all.slice(offset, offset + count), total_items: all.length }
  return found(call, body)
}

function integer(call: Call, name: string, fallback: number, max: number): number {
  const given = call.query.get(name)
  const value = given === null ? fallback : Number(given)
  if (Number.isInteger(value) && value >= 0 && value <= max) return value
  const issue = { kind: 'value' as const, path: [name], message: `must be 0 to ${max}`, got: String(given) }
  return refuseIssues([issue])
}
