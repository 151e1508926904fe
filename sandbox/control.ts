/** The control API under /_sandbox: what was received, what shall go wrong, what people do. */
import { downShape, vendorText, webhooksShape } from './control.shapes.ts'
import { type Call, Refusal, type Reply, type Vendor, vendors } from './exchange.ts'
import { faultProblem, faultShape } from './faults.ts'
import { duplicates } from './history.ts'
import { generatorShape } from './mailchimp.bulk.ts'
import { templateShape } from './mandrill.shapes.ts'
import { renderPage } from './page.ts'
import { dispatch, on, type Route } from './routes.ts'
import { applySettings } from './settings.ts'
import { type Issue, isObject, read } from './shape.ts'
import { challengeProblem } from './whatsapp.challenge.ts'
import { templateAddition } from './whatsapp.template-shapes.ts'
import type { World } from './world.ts'

type Control = { world(): World; reset(): void }

/** Answers one control request. */
export function control(sandbox: Control, call: Call): Reply | Promise<Reply> {
  return dispatch(routesOf(sandbox), call, {
    notFound: () => ({ status: 404, body: { error: 'no such control path; see sandbox/control.ts' } }),
    notAllowed: (allow) => ({ status: 405, body: { error: `use ${allow}` }, headers: { allow } }),
  })
}

function routesOf(sandbox: Control): Route[] {
  const world = sandbox.world()
  return [
    on('GET', '', () => html(renderPage(world))),
    on('GET', '/requests', (call) => ok({ requests: world.history.entries(call.query.get('vendor')) })),
    on('GET', '/webhooks', () =>
      ok({ deliveries: world.courier.deliveries(), pending: world.courier.pending() }),
    ),
    on('GET', '/state', () => ok(stateOf(world))),
    on('DELETE', '/state', () => none(sandbox.reset())),
    on('GET', '/sends', (call) => ok(sendsOf(world, call.query))),
    ...faultRoutes(world),
    on('GET', '/settings', () => ok(world.settings)),
    on('PUT', '/settings', (call) => {
      refuseIf(applySettings(world.settings, objectOf(call)))
      return ok(world.settings)
    }),
    on('PUT', '/webhooks', (call) => setWebhooks(world, call)),
    on('PUT', '/down', (call) => ok({ down: setDown(world, call) })),
    on('POST', '/templates', (call) => addTemplate(world, call)),
    on('POST', '/members', (call) => addMembers(world, call)),
    on('POST', '/events', (call) => act(world, call)),
  ]
}

const ok = (body: unknown): Reply => ({ status: 200, body })
const none = (_effect: unknown): Reply => ({ status: 204 })
const html = (body: string): Reply => ({
  status: 200,
  body,
  headers: { 'content-type': 'text/html; charset=utf-8' },
})

function refuseIf(error: string | null): void {
  if (error !== null) throw new Refusal({ status: 400, body: { error } })
}

function refuseIssues(issues: Issue[]): never {
  const error = issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`).join('; ')
  throw new Refusal({ status: 400, body: { error } })
}

function json(call: Call): unknown {
  try {
    return JSON.parse(call.body)
  } catch {
    throw new Refusal({ status: 400, body: { error: 'the body is not JSON' } })
  }
}

function objectOf(call: Call): Record<string, unknown> {
  const body = json(call)
  if (!isObject(body)) throw new Refusal({ status: 400, body: { error: 'the body is an object' } })
  return body
}

function stateOf(world: World) {
  const states = vendors.map((vendor) => [vendor, world.vendors[vendor].state()] as const)
  const limits = vendors.flatMap((vendor) => {
    const seen = world.vendors[vendor].limits?.()
    return seen ? [[vendor, seen] as const] : []
  })
  return {
    requests: world.history.counts(),
    counts: countsOf(world, states),
    limits: Object.fromEntries(limits),
    ...Object.fromEntries(states),
  }
}

function countsOf(world: World, states: (readonly [Vendor, Record<string, unknown>])[]) {
  const sizes = states.map(([vendor, state]) => [
    vendor,
    Object.entries(state).map(([name, held]) => [name, sizeOf(held)]),
  ])
  return Object.fromEntries(
    sizes.map(([vendor, entries]) => [
      vendor,
      { ...Object.fromEntries(entries as [string, number][]), ...world.vendors[vendor as Vendor].counts?.() },
    ]),
  )
}

function sizeOf(held: unknown): number {
  if (Array.isArray(held)) return held.length
  return isObject(held) ? Object.values(held).reduce<number>((sum, each) => sum + sizeOf(each), 0) : 0
}

function sendsOf(world: World, query: URLSearchParams) {
  const wanted = (['vendor', 'recipient', 'correlation', 'template'] as const).filter((name) =>
    query.has(name),
  )
  const sends = world.sends().filter((send) => wanted.every((name) => send[name] === query.get(name)))
  return { total: sends.length, sends, duplicates: duplicates(sends) }
}

function faultRoutes({ faults }: World): Route[] {
  const absent = (): never => {
    throw new Refusal({ status: 404, body: { error: 'no such fault' } })
  }
  return [
    on('POST', '/faults', (call) => {
      const order = read(faultShape, json(call), refuseIssues)
      refuseIf(faultProblem(order))
      return { status: 201, body: { id: faults.add(order).id } }
    }),
    on('GET', '/faults', () => ok({ faults: faults.all() })),
    on('DELETE', '/faults', () => none(faults.clear())),
    on('GET', '/faults/:id', (_, id) => ok(faults.get(id!) ?? absent())),
    on('DELETE', '/faults/:id', (_, id) => none(faults.remove(id!) || absent())),
  ]
}

function setDown({ down }: World, call: Call): Vendor[] {
  const order = read(downShape, json(call), refuseIssues)
  if (order.down) down.add(order.vendor)
  else down.delete(order.vendor)
  return [...down]
}

/** Meta asks the address for its challenge before it takes it. */
async function setWebhooks({ webhooks }: World, call: Call): Promise<Reply> {
  const wanted = read(webhooksShape, json(call), refuseIssues)
  if (wanted.whatsapp) refuseIf(await challengeProblem(wanted.whatsapp))
  Object.assign(webhooks, wanted)
  return ok({ webhooks: Object.keys(webhooks) })
}

function addTemplate({ addTemplate }: World, call: Call): Reply {
  const { vendor, ...template } = objectOf(call)
  if (vendor === 'whatsapp') addTemplate.whatsapp(read(templateAddition, template, refuseIssues))
  else addTemplate.mandrill(read(templateShape, template, refuseIssues))
  return { status: 201, body: { name: template.name } }
}

/** Fills a Mailchimp audience, cheaply and without webhooks. */
function addMembers({ addMembers }: World, call: Call): Reply {
  const outcome = addMembers(read(generatorShape, json(call), refuseIssues))
  if (typeof outcome === 'string') refuseIf(outcome)
  return { status: 201, body: outcome }
}

/** Something happens at the vendor: a person acts, a mailbox bounces. */
function act(world: World, call: Call): Reply {
  const { vendor, ...event } = objectOf(call)
  const name = read(vendorText, vendor, refuseIssues)
  const outcome = world.vendors[name].act(event)
  if (typeof outcome === 'string') refuseIf(outcome)
  return { status: 202, body: { vendor, type: event.type, ...(outcome as object | null) } }
}
