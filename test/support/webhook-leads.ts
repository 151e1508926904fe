import type { Em } from '../../entities/index.ts'
import type { LeadEventDetail } from '../../entities/lead-event.ts'
import { type LeadFields, nobody } from '../../marketing/lead-row.ts'
import { insertLeads } from '../../marketing/leads.ts'
import { claimMessage, settleMessage } from '../../marketing/messages/send-ledger.ts'
import { readTimeline } from '../../marketing/timeline.ts'
import type { World } from './world.ts'

/** For tests of webhooks: leads, messages to them, and what became of both. */
export function leadsOf(world: () => World) {
  const within = <T>(work: (em: Em) => Promise<T>) => world().ledger.transaction(work)
  const rows = <T extends object>(sql: string, values: unknown[] = []) =>
    world().fork().execute<T[]>(sql, values)

  return {
    /** Adds a lead; its consents were given when it was created. */
    async addLead(
      fields: Partial<LeadFields>,
      createdAt = new Date('2026-09-01T00:00:00Z'),
    ): Promise<string> {
      const item = { ...nobody, ...fields, correlationId: 'c' }
      const [outcome] = await within((em) => insertLeads(em, world().actor.workspaceId, [item], createdAt))
      if (outcome?.kind !== 'created') throw new Error('The lead exists')
      return outcome.lead.id
    },
    /** Adds a message that the provider took. */
    async addMessage(
      leadId: string,
      channel: 'EMAIL' | 'WHATSAPP',
      providerMessageId?: string,
    ): Promise<string> {
      return within(async (em) => {
        const provider = channel === 'EMAIL' ? 'mandrill' : 'whatsapp'
        const owner = { workspaceId: world().actor.workspaceId, leadId, jobId: 'job_x', correlationId: 'c' }
        const what = { purpose: 'welcome', occurrence: '1', channel, provider, content: {} }
        const { message } = await claimMessage(em, { ...owner, ...what })
        if (providerMessageId) await settleMessage(em, message.id, { state: 'ACCEPTED', providerMessageId })
        return message.id
      })
    },
    async lead(id: string) {
      const [row] = await rows<Record<string, unknown>>('select * from `lead` where id = ?', [id])
      return row!
    },
    async message(id: string) {
      const [row] = await rows<Record<string, unknown>>(
        'select state, delivery, reason, provider_message_id from message where id = ?',
        [id],
      )
      return row
    },
    /** Types of the events of a lead's timeline after its creation, and what they say. */
    async timeline(leadId: string): Promise<[string, LeadEventDetail][]> {
      const events = await readTimeline(world().fork(), leadId, 1, 100)
      return events.map(({ type, detail }) => [type, detail])
    },
    async eventTypes(leadId: string): Promise<string[]> {
      const events = await readTimeline(world().fork(), leadId, 1, 100)
      return events.map(({ type }) => type)
    },
    /** What is suppressed now. */
    suppressions: () =>
      rows<{ channel: string; address: string; reason: string }>(
        'select channel, address, reason from suppression where lifted_at is null order by address, reason',
      ),
    /** What was counted after leads were created. */
    facts: () =>
      rows<{ metric: string; channel: string; bot: number; lead_id: string | null }>(
        'select metric, channel, bot, lead_id, occurred_at, source, template, message_id from fact where metric <> ? order by id',
        ['CREATED'],
      ),
    rows,
    /** Forgets everything but the workspace. */
    async clear() {
      for (const table of ['inbound_message', 'conversation', 'suppression', 'fact', 'lead'])
        await rows(`delete from \`${table}\``)
    },
  }
}
