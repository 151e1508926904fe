/** Mailchimp Marketing v3: audiences, members, campaigns, reports, batches, webhooks (integrations.md 3). */
import { randomUUID } from 'node:crypto'
import { bearer, type Call, Refusal, type Reply, replyOf, type Send, type VendorApi } from './exchange.ts'
import { createConnections, createRate } from './limits.ts'
import { actAtMailchimp } from './mailchimp.acts.ts'
import { type Audiences, createAudiences, describedAudience } from './mailchimp.audiences.ts'
import { createBatches } from './mailchimp.batches.ts'
import { generateMembers, type generatorShape } from './mailchimp.bulk.ts'
import { batchRoutes, campaignRoutes, reportRoutes } from './mailchimp.campaign.routes.ts'
import { createCampaigns } from './mailchimp.campaigns.ts'
import type { Sent } from './mailchimp.delivery.ts'
import { createHooks, describedHook } from './mailchimp.hooks.ts'
import { audienceRoutes, hookRoutes, memberRoutes } from './mailchimp.list.routes.ts'
import { described, type Member } from './mailchimp.members.ts'
import { problem } from './mailchimp.problems.ts'
import type { Surroundings } from './mailchimp.webhooks.ts'
import { dispatch, on } from './routes.ts'
import type { Settings } from './settings.ts'
import type { Of } from './shape.ts'

export type Mailchimp = VendorApi & {
  /** Fills an audience; a text tells why not. */
  addMembers(order: Of<typeof generatorShape>): { added: number; total: number } | string
}

const KEY = /^(?!bad)[0-9a-f]{32}-[a-z]{2}\d{1,3}$/
const MEMBERS_SHOWN = 1000

export function createMailchimp(around: Surroundings): Mailchimp {
  const { settings } = around
  const hooks = createHooks(around)
  const audiences = createAudiences(hooks.tell)
  const campaigns = createCampaigns(around, audiences, hooks.tell)
  const batches = createBatches(around, { run: (call) => answer(call), tellHooks: hooks.batch.tell })
  const limits = createLimits(settings)
  const routes = [
    on('GET', '/ping', () => ({ status: 200, body: { health_status: "Everything's Chimpy!" } })),
    ...audienceRoutes(audiences),
    ...memberRoutes(audiences),
    ...hookRoutes(audiences, hooks),
    ...campaignRoutes(campaigns),
    ...reportRoutes(campaigns, audiences, settings),
    ...batchRoutes(batches, hooks.batch),
  ]
  const results = on('GET', RESULTS, (call, id) => batches.download(id!, call.query))

  async function answer(call: Call): Promise<Reply> {
    const reply = await replyOf(() => {
      if (results.pattern.test(call.path)) return dispatch([results], call, misses)
      authenticate(call)
      return dispatch(routes, call, misses)
    })
    return { ...reply, headers: { 'x-request-id': randomUUID(), ...reply.headers } }
  }

  return {
    handle: answer,
    failure: problem,
    credential,
    enter: (call) => (results.pattern.test(call.path) ? noLimit : limits.enter(credential(call))),
    act: (event) => actAtMailchimp(audiences, campaigns, event),
    addMembers: (order) => {
      const audience = audiences.find(order.list)
      return audience ? generateMembers(audience, order) : `no audience has the id ${order.list}`
    },
    state: () => ({
      lists: audiences.all().map(describedAudience),
      members: lastChanged(audiences).map(described),
      campaigns: campaigns.all().map(campaigns.describe),
      testMails: campaigns.sent().filter(({ kind }) => kind === 'test'),
      webhooks: hooks.all().map((hook) => ({ ...describedHook(hook), disabled: hook.disabled })),
      batches: batches.all().map(({ archive: _archive, ...batch }) => batch),
    }),
    counts: () => ({ members: audiences.all().reduce((sum, { members }) => sum + members.size, 0) }),
    limits: limits.seen,
    sends: () => campaigns.sent().flatMap(sendOf),
  }
}

/** Where the results of batches lie: beside the API, for whoever has the signed address. */
const RESULTS = '/:id-response\\.tar\\.gz'
const noLimit = (): void => {}
const misses = { notFound: () => problem(404), notAllowed: methodNotAllowed }

/** The members changed last, the latest at the end. */
function lastChanged(audiences: Audiences): Member[] {
  const members = audiences.all().flatMap((audience) => [...audience.members.values()])
  return members.sort((a, b) => a.changedAt - b.changedAt).slice(-MEMBERS_SHOWN)
}

/** One send per campaign, not per person: what must not happen twice is the campaign. */
function sendOf({ kind, id, title, to, at }: Sent): Send[] {
  if (kind === 'test') return []
  const what = { recipient: `audience ${to}`, template: title, correlation: title }
  return [{ vendor: 'mailchimp', channel: 'email', ...what, id, accepted: true, at }]
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

/** Ten simultaneous connections, and what the settings say about a second. */
function createLimits(settings: Settings) {
  const connections = createConnections()
  const seconds = createRate(1000)
  let cdnRefused = 0
  return {
    enter(key: string): () => void {
      const { allowed, arrived } = seconds.arrive(key, settings.mailchimpPerSecond)
      const cdn = settings.mailchimpCdnPerSecond
      if (cdn > 0 && arrived > cdn) {
        if (allowed) cdnRefused += 1
        throw new Refusal(problem(403))
      }
      if (!allowed) throw new Refusal(problem(429))
      const leave = connections.enter(key, settings.mailchimpConnections)
      if (!leave) throw new Refusal(problem(429))
      return leave
    },
    seen: () => ({
      connectionsHighest: connections.highest(),
      perSecondHighest: seconds.highest(),
      refused: connections.refused() + seconds.refused() + cdnRefused,
    }),
  }
}

function methodNotAllowed(allow: string): Reply {
  return { ...problem(405), headers: { 'content-type': 'application/problem+json', allow } }
}
