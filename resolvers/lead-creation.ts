import { IdempotencyConflictError, type InputIssue, InvalidInputError } from '../ledger/errors.ts'
import type { Api } from '../schema/api.ts'
import type { Context } from '../schema/context.ts'
import { enqueueFields } from '../schema/enqueue-fields.ts'
import { type EnqueueOptions, enqueueOptions, withoutOptions } from './enqueue-options.ts'
import { found, LeadExistsError } from './errors.ts'
import { type LeadInput, type LeadInputFields, readLead } from './lead-input.ts'
import { type AcceptedLead, intakeOf, type LeadOutcome, takeIn } from './lead-intake.ts'

const maxLeads = 1_000

interface CreatedItem {
  index: number
  outcome: 'CREATED' | 'EXISTING' | 'INVALID'
  accepted?: AcceptedLead | undefined
  leadId?: string | undefined
  issues: InputIssue[]
}

/** Creating leads, one or many. Each new lead starts its `lead.created` job in the same transaction. */
export function leadCreation(api: Api, fields: LeadInputFields): void {
  const { builder } = api
  const { CreateLeadPayload, CreateLeadsPayload } = payloads(api)
  const description = 'A new lead. It needs an e-mail address, a phone number or both.'
  const LeadInput = builder.inputType('LeadInput', { description, fields })
  const CreateLeadInput = builder.inputType('CreateLeadInput', {
    description,
    fields: (t) => ({ ...fields(t), ...enqueueFields(t) }),
  })
  const CreateLeadsInput = builder.inputType('CreateLeadsInput', {
    fields: (t) => ({
      leads: t.field({ description: 'The leads: 1 to 500.', type: [LeadInput], required: true }),
      ...enqueueFields(t),
    }),
  })
  builder.mutationFields((t) => ({
    createLead: t.field({
      type: CreateLeadPayload,
      description: 'Creates a lead and starts its `lead.created` job.',
      authScopes: { permission: 'leads:write' },
      args: { input: t.arg({ type: CreateLeadInput, required: true }) },
      errors: { types: [InvalidInputError, IdempotencyConflictError, LeadExistsError] },
      resolve: (_, { input }, context, info) =>
        createLead(context, withoutOptions(input), enqueueOptions(input, context, info)),
    }),
    createLeads: t.field({
      type: CreateLeadsPayload,
      description: `Creates up to ${maxLeads} leads in one transaction. Says of each whether it was created, existed or was not acceptable. Their jobs are BULK unless \`priority\` says otherwise, so that an import does not hold up single leads.`,
      authScopes: { permission: 'leads:write' },
      args: { input: t.arg({ type: CreateLeadsInput, required: true }) },
      errors: { types: [InvalidInputError, IdempotencyConflictError] },
      resolve: (_, { input }, context, info) =>
        createLeads(context, input.leads, {
          ...enqueueOptions(input, context, info),
          priority: input.priority ?? 'BULK',
        }),
    }),
  }))
}

async function createLead(
  { ledger, actor }: Context,
  input: LeadInput,
  options: EnqueueOptions,
): Promise<AcceptedLead> {
  const lead = readLead(input, new Date())
  if (Array.isArray(lead)) throw new InvalidInputError(lead)
  const outcome = await intakeOf(ledger)({ lead, asked: input, actor, options, action: 'createLead' })
  if (outcome instanceof Error) throw outcome
  return outcome
}

async function createLeads(
  { ledger, actor }: Context,
  leads: LeadInput[],
  options: EnqueueOptions,
): Promise<CreatedItem[]> {
  if (leads.length > maxLeads)
    throw new InvalidInputError([
      { path: 'leads', message: `has ${leads.length} leads; at most ${maxLeads} are allowed` },
    ])
  const now = new Date()
  const read = leads.map((lead) => readLead(lead, now))
  const requests = read.flatMap((lead, index) => {
    if (Array.isArray(lead)) return []
    const idempotencyKey = options.idempotencyKey && `${options.idempotencyKey}:${index}`
    return [
      { lead, asked: leads[index], actor, options: { ...options, idempotencyKey }, action: 'createLeads' },
    ]
  })
  const outcomes = requests.length > 0 ? await takeIn(ledger, requests) : []
  const next = outcomes.values()
  return read.map((lead, index) =>
    Array.isArray(lead) ? { index, outcome: 'INVALID', issues: lead } : toItem(index, next.next().value!),
  )
}

function toItem(index: number, outcome: LeadOutcome): CreatedItem {
  if (outcome instanceof LeadExistsError)
    return { index, outcome: 'EXISTING', leadId: outcome.leadId, issues: [] }
  if (outcome instanceof InvalidInputError) return { index, outcome: 'INVALID', issues: outcome.issues }
  if (outcome instanceof Error) throw outcome
  return {
    index,
    outcome: outcome.alreadyExisted ? 'EXISTING' : 'CREATED',
    accepted: outcome,
    leadId: outcome.leadId,
    issues: [],
  }
}

function payloads({ builder, Lead, Job, LeadOutcome, InputIssue }: Api) {
  const CreateLeadPayload = builder.objectRef<AcceptedLead>('CreateLeadPayload').implement({
    fields: (t) => ({
      lead: t.field({
        type: Lead,
        resolve: ({ lead, leadId }, _, context) => lead ?? found(context.loaders.lead, leadId),
      }),
      job: t.field({ type: Job, resolve: ({ job }) => job }),
      alreadyExisted: t.exposeBoolean('alreadyExisted', {
        description: 'Whether the idempotency key brought back the first answer.',
      }),
    }),
  })
  const Item = builder.objectRef<CreatedItem>('CreateLeadsItem').implement({
    description: 'What became of one lead of the list.',
    fields: (t) => ({
      index: t.exposeInt('index', { description: 'Place in the list that was given, from 0.' }),
      outcome: t.expose('outcome', { description: 'What became of it.', type: LeadOutcome }),
      lead: t.field({
        type: Lead,
        nullable: true,
        resolve: ({ accepted, leadId }, _, { loaders }) =>
          accepted?.lead ?? (leadId ? loaders.lead.load(leadId) : null),
      }),
      job: t.field({
        type: Job,
        nullable: true,
        description: 'The job of a lead that was created.',
        resolve: ({ accepted }) => accepted?.job,
      }),
      issues: t.expose('issues', { type: [InputIssue], description: 'What is wrong with an invalid lead.' }),
    }),
  })
  const count = (items: CreatedItem[], outcome: CreatedItem['outcome']) =>
    items.filter((item) => item.outcome === outcome).length
  const CreateLeadsPayload = builder.objectRef<CreatedItem[]>('CreateLeadsPayload').implement({
    fields: (t) => ({
      items: t.field({ type: [Item], description: 'One per lead, in order.', resolve: (items) => items }),
      created: t.int({ description: 'How many are new.', resolve: (items) => count(items, 'CREATED') }),
      existing: t.int({
        description: 'How many were there already.',
        resolve: (items) => count(items, 'EXISTING'),
      }),
      invalid: t.int({ description: 'How many were refused.', resolve: (items) => count(items, 'INVALID') }),
    }),
  })
  return { CreateLeadPayload, CreateLeadsPayload }
}
