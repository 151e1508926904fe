import { Campaign } from '../entities/campaign.ts'
import { newId } from '../entities/ids.ts'
import type { Em } from '../entities/index.ts'
import { coalesce } from '../ledger/coalesce.ts'
import { findByKeys } from '../ledger/enqueue.ts'
import { IdempotencyConflictError, InvalidInputError } from '../ledger/errors.ts'
import { fingerprint } from '../ledger/input.ts'
import type { Actor, Ledger } from '../ledger/ledger.ts'
import type { JobRow } from '../ledger/row.ts'
import { isDatabaseAway, loadJobs, repeatCutOff } from '../ledger/sql.ts'
import type { LeadRow } from '../marketing/lead-row.ts'
import { insertLeads, type NewLead } from '../marketing/leads.ts'
import type { EnqueueOptions } from './enqueue-options.ts'
import { LeadExistsError } from './errors.ts'
import { leadCreated, leadCreatedOf } from './lead-created.ts'
import type { NewLeadFields } from './lead-input.ts'

/**
 * How leads come in. 1. Concurrent requests are gathered into one transaction. 2. A request whose idempotency key was
 * used gets the first answer. 3. The others are inserted; where the e-mail address is taken, the lead that has it wins.
 * 4. Each new lead gets its `lead.created` job in the same transaction. 5. When the connection ends before the commit is
 * answered, what was written is looked up by the ids, which are made beforehand, before anything is written again.
 */

export interface LeadRequest {
  lead: NewLeadFields
  /** What the caller sent, to tell a repeat from a conflict. */
  asked: unknown
  actor: Actor
  options: EnqueueOptions
  /** Name of the mutation, for the audit log. */
  action: string
}

/** `lead` is null when this is a repeat: the first request's lead is read when it is asked for. */
export interface AcceptedLead {
  lead: LeadRow | null
  leadId: string
  job: JobRow
  alreadyExisted: boolean
}

export type LeadOutcome = AcceptedLead | LeadExistsError | IdempotencyConflictError | InvalidInputError

/** A request with the ids of what it creates. */
interface Planned extends LeadRequest {
  leadId: string
  jobId: string
  /** It was sent to MariaDB before, so it may be there. */
  tried: boolean
}

type Intake = (request: LeadRequest) => Promise<LeadOutcome>

const maxBatch = 200
const intakes = new WeakMap<Ledger, Intake>()

/** Takes in one lead; concurrent calls share transactions. */
export function intakeOf(ledger: Ledger): Intake {
  let intake = intakes.get(ledger)
  if (!intake) {
    const write = (requests: Planned[]) => writeAll(ledger, requests)
    const shared = coalesce(write, { maxBatch, concernsAll: isDatabaseAway })
    intake = (request) => shared(plan(request))
    intakes.set(ledger, intake)
  }
  return intake
}

/** Takes in many leads in one transaction. */
export function takeIn(ledger: Ledger, requests: readonly LeadRequest[]): Promise<LeadOutcome[]> {
  return writeAll(ledger, requests.map(plan))
}

const plan = (request: LeadRequest): Planned => ({
  ...request,
  leadId: newId('lead'),
  jobId: newId('job'),
  tried: false,
})

const writeAll = (ledger: Ledger, requests: readonly Planned[]) =>
  repeatCutOff(() => writeOnce(ledger, requests))

async function writeOnce(ledger: Ledger, requests: readonly Planned[]): Promise<LeadOutcome[]> {
  for (let tries = 1; ; tries++) {
    try {
      return await ledger.transaction((em) => takeInWithin(em, ledger, requests))
    } catch (error) {
      if (!(error instanceof KeyTaken) || tries >= 3) throw error
    }
  }
}

/** Another transaction used one of the idempotency keys after we had looked; seen again, the key is known. */
class KeyTaken extends Error {}

async function takeInWithin(em: Em, ledger: Ledger, requests: readonly Planned[]): Promise<LeadOutcome[]> {
  const outcomes = new Map<LeadRequest, LeadOutcome>()
  await answerWritten(em, requests, outcomes)
  const open = requests.filter((request) => !outcomes.has(request))
  for (const request of open) request.tried = true
  for (const group of groups(open)) await takeGroup(em, ledger, group, outcomes)
  return requests.map((request) => outcomes.get(request)!)
}

/** Answers what an earlier try has written. Locks, and so waits for a commit that is still on its way. */
async function answerWritten(
  em: Em,
  requests: readonly Planned[],
  outcomes: Map<LeadRequest, LeadOutcome>,
): Promise<void> {
  const tried = requests.filter((request) => request.tried)
  const rows = await loadJobs(em, tried.map(({ jobId }) => jobId).sort(), 'for update')
  const jobs = new Map(rows.map((job) => [job.id, job]))
  for (const request of tried) {
    const job = jobs.get(request.jobId)
    if (job) outcomes.set(request, { lead: null, leadId: request.leadId, job, alreadyExisted: false })
  }
}

/** By workspace; a request that repeats a key of the same call comes later, to see what the first one did. */
function groups(requests: readonly Planned[]): Planned[][] {
  const seen = new Map<string, number>()
  const round = ({ actor, options }: LeadRequest) => {
    if (!options.idempotencyKey) return 0
    const key = `${actor.workspaceId} ${options.idempotencyKey}`
    const times = seen.get(key) ?? 0
    seen.set(key, times + 1)
    return times
  }
  const grouped = Map.groupBy(requests, (request) => `${round(request)} ${request.actor.workspaceId}`)
  return [...grouped]
    .sort(([a], [b]) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
    .map(([, group]) => group)
}

/** Requests of one workspace with different keys. */
async function takeGroup(
  em: Em,
  ledger: Ledger,
  group: Planned[],
  outcomes: Map<LeadRequest, LeadOutcome>,
): Promise<void> {
  const { workspaceId } = group[0]!.actor
  await answerRepeats(em, workspaceId, group, outcomes)
  await refuseUnknownCampaigns(em, workspaceId, group, outcomes)
  const fresh = group.filter((request) => !outcomes.has(request))
  const items = fresh.map(toNewLead)
  const inserted = await insertLeads(em, workspaceId, items, new Date())
  const created = inserted.flatMap((each, index) =>
    each.kind === 'created' ? [{ request: fresh[index]!, lead: each.lead }] : [],
  )
  await enqueueCreated(em, ledger, created, outcomes)
  const refused = fresh.filter((_, index) => inserted[index]!.kind === 'existing')
  await answerRepeats(em, workspaceId, refused, outcomes)
  fresh.forEach((request, index) => {
    const each = inserted[index]!
    if (each.kind === 'existing' && !outcomes.has(request))
      outcomes.set(request, new LeadExistsError(each.leadId))
  })
}

function toNewLead({ lead, leadId, actor: { apiKeyId, correlationId } }: Planned): NewLead {
  const consent = { source: 'API' as const, ...lead.consent, apiKeyId }
  return { ...lead, id: leadId, consent, correlationId }
}

/** Answers the requests whose idempotency key has a job already. */
async function answerRepeats(
  em: Em,
  workspaceId: string,
  requests: LeadRequest[],
  outcomes: Map<LeadRequest, LeadOutcome>,
): Promise<void> {
  const keys = requests.flatMap(({ options }) => options.idempotencyKey ?? [])
  const jobs = await findByKeys(em, workspaceId, leadCreated, keys)
  for (const request of requests) {
    const job = jobs.get(request.options.idempotencyKey ?? '')
    if (!job) continue
    const same = job.fingerprint === fingerprint(request.asked)
    outcomes.set(
      request,
      same
        ? { lead: null, leadId: job.leadId!, job, alreadyExisted: true }
        : new IdempotencyConflictError(job.id),
    )
  }
}

async function refuseUnknownCampaigns(
  em: Em,
  workspaceId: string,
  requests: LeadRequest[],
  outcomes: Map<LeadRequest, LeadOutcome>,
): Promise<void> {
  const ids = new Set(requests.flatMap(({ lead }) => lead.campaignId ?? []))
  if (ids.size === 0) return
  const known = await em.find(Campaign, { workspaceId, id: { $in: [...ids] } }, { disableIdentityMap: true })
  for (const { id } of known) ids.delete(id)
  for (const request of requests)
    if (ids.has(request.lead.campaignId ?? ''))
      outcomes.set(
        request,
        new InvalidInputError([{ path: 'campaignId', message: 'is not a campaign of this workspace' }]),
      )
}

async function enqueueCreated(
  em: Em,
  ledger: Ledger,
  created: { request: Planned; lead: LeadRow }[],
  outcomes: Map<LeadRequest, LeadOutcome>,
): Promise<void> {
  if (created.length === 0) return
  const definition = leadCreatedOf(ledger)
  const enqueued = await ledger.enqueueIn(
    em,
    created.map(({ request, lead }) => ({
      id: request.jobId,
      definition,
      input: { leadId: lead.id },
      leadId: lead.id,
      actor: request.actor,
      fingerprintOf: request.asked,
      act: { action: request.action, subjectId: lead.id },
      ...request.options,
    })),
  )
  created.forEach(({ request, lead }, index) => {
    const outcome = enqueued[index]!
    if (outcome instanceof IdempotencyConflictError) throw new KeyTaken()
    if (outcome instanceof Error) throw outcome
    if (!outcome.created) throw new KeyTaken()
    outcomes.set(request, { lead, leadId: lead.id, job: outcome.job, alreadyExisted: false })
  })
}
