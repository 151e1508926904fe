import type { Em } from '../../entities/index.ts'
import type { MessageContent } from '../../entities/message.ts'
import { fromSql } from '../../entities/sql.ts'
import type { LeadRow } from '../lead-row.ts'

/** What was said between a lead and the workspace by WhatsApp, with its texts. */

/** One message, of either side. */
export interface ConversationLine {
  id: string
  direction: 'INBOUND' | 'OUTBOUND'
  at: Date
  /** `text`, `image`, `button`, … as WhatsApp names it; `template` for one of ours. */
  type: string
  /** What it says, where it is known: pictures say nothing, and a template does before the first sync. */
  text: string | null
  /** Name of the template of a message of ours. */
  template: string | null
  /** Of a message of ours. */
  messageId: string | null
}

/** Where a page ends: its last line. */
export type LinePosition = Pick<ConversationLine, 'at' | 'id'>

type Lead = Pick<LeadRow, 'id' | 'workspaceId' | 'phone'>

const inbound = `from inbound_message i join conversation c on c.id = i.conversation_id
  where c.workspace_id = ? and (c.lead_id = ? or (c.lead_id is null and c.wa_id = ?))`
/** Those that left, or may have. */
const outbound = `from message m where m.workspace_id = ? and m.lead_id = ? and m.channel = 'WHATSAPP' and m.state in ('ACCEPTED', 'UNKNOWN')`

const inboundValues = ({ id, workspaceId, phone }: Lead) => [workspaceId, id, phone?.replace(/\D/g, '') ?? '']
const outboundValues = ({ id, workspaceId }: Lead) => [workspaceId, id]

/** The conversation with a lead, newest first: at most `limit` lines, those before `after`. */
export async function readConversation(
  em: Em,
  lead: Lead,
  limit: number,
  after?: LinePosition,
): Promise<ConversationLine[]> {
  const older = (at: string, id: string) => (after ? `and (${at} < ? or (${at} = ? and ${id} < ?))` : '')
  const position = after ? [after.at, after.at, after.id] : []
  const rows = await em.execute<Record<string, unknown>[]>(
    `(select i.id, 'INBOUND' as direction, i.at, i.type, i.text, null as content ${inbound} ${older('i.at', 'i.id')}
        order by i.at desc, i.id desc limit ?)
     union all
     (select m.id, 'OUTBOUND', m.claimed_at, null, null, m.content ${outbound} ${older('m.claimed_at', 'm.id')}
        order by m.claimed_at desc, m.id desc limit ?)
     order by at desc, id desc limit ?`,
    [...inboundValues(lead), ...position, limit, ...outboundValues(lead), ...position, limit, limit],
  )
  return rows.map(lineOf)
}

function lineOf(raw: Record<string, unknown>): ConversationLine {
  const { content, ...line } = fromSql<
    Omit<ConversationLine, 'template' | 'messageId'> & { content: MessageContent | null }
  >(raw)
  if (line.direction === 'INBOUND') return { ...line, template: null, messageId: null }
  const { text, body, template = null } = content ?? {}
  const type = text === undefined ? 'template' : 'text'
  return { ...line, type, text: text ?? body ?? null, template, messageId: line.id }
}

/** How many lines there are. */
export async function countConversation(em: Em, lead: Lead): Promise<number> {
  const [row] = await em.execute<{ n: number }[]>(
    `select (select count(*) ${inbound}) + (select count(*) ${outbound}) as n`,
    [...inboundValues(lead), ...outboundValues(lead)],
  )
  return Number(row?.n ?? 0)
}
