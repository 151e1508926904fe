// Notes and opportunities. Twenty lets us choose their ids, so each gets one made from ours: the same activity always has
// the same id, and an upsert by it cannot make a second.

import { z } from 'zod'
import type { CallContext } from '../client.ts'
import type { CrmActivity, CrmDeal } from '../crm.ts'
import { idFrom, onceMore, type Workspace } from './workspace.ts'

const KIND = { NOTE: 'Note', EMAIL: 'E-mail', WHATSAPP: 'WhatsApp' }

/** A note, then its link to the person: Twenty has no call that makes both. A repeat goes through both again. */
export async function logActivity(
  workspace: Workspace,
  { activityId, kind, text, at, contactId }: CrmActivity,
  context: CallContext,
): Promise<void> {
  const noteId = idFrom('note', activityId)
  const title = `${KIND[kind]}, ${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
  const note = { id: noteId, title, bodyV2: { markdown: text } }
  const target = { id: idFrom('noteTarget', activityId), noteId, targetPersonId: contactId }
  const operation = 'logActivity'
  await upsert(workspace, { operation, verb: 'createNotes', type: 'Note', record: note }, [text], context)
  const link = { operation, verb: 'createNoteTargets', type: 'NoteTarget', record: target }
  await upsert(workspace, link, [], context)
}

/** One that exists is left alone: by now somebody may have moved it to another stage. */
export async function createDeal(
  workspace: Workspace,
  { dealId, name, stage, contactId }: CrmDeal,
  context: CallContext,
): Promise<void> {
  const id = idFrom('opportunity', dealId)
  const operation = 'createDeal'
  const { opportunities } = await workspace.ask(
    {
      operation,
      query: `query FindOpportunity($filter: OpportunityFilterInput) {
        opportunities(filter: $filter, first: 1) { edges { node { id } } }
      }`,
      variables: { filter: { id: { eq: id } } },
      answer: z.object({ opportunities: z.object({ edges: z.array(z.unknown()) }) }),
    },
    context,
  )
  if (opportunities.edges.length > 0) return
  const record = { id, name, stage, pointOfContactId: contactId }
  const deal = { operation, verb: 'createOpportunities', type: 'Opportunity', record }
  await upsert(workspace, deal, [name], context)
}

interface Entry {
  operation: string
  /** The mutation. */
  verb: string
  /** Start of the name of its input type. */
  type: string
  record: { id: string }
}

async function upsert(
  { ask }: Workspace,
  { operation, verb, type, record }: Entry,
  personal: string[],
  context: CallContext,
): Promise<void> {
  const query = `mutation Upsert${type}($data: [${type}CreateInput!]!) {
    ${verb}(data: $data, upsert: true) { id }
  }`
  const variables = { data: [record] }
  await onceMore(() => ask({ operation, query, variables, answer: z.object({}), personal }, context))
}
