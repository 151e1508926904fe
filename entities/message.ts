import { defineEntity, p } from '@mikro-orm/core'
import { code, id, time } from './columns.ts'
import { Lead } from './lead.ts'
import { Workspace } from './workspace.ts'

export const channels = ['EMAIL', 'WHATSAPP'] as const
export type Channel = (typeof channels)[number]

/**
 * CLAIMED: about to be sent. ACCEPTED: the provider took it. REJECTED: the provider refused it for good.
 * UNKNOWN: sent, but the answer was lost; never sent again before it is resolved. NOT_SENT: it surely did not leave; who
 * sends it claims it anew.
 */
const messageStates = ['CLAIMED', 'ACCEPTED', 'REJECTED', 'UNKNOWN', 'NOT_SENT'] as const
export type MessageState = (typeof messageStates)[number]

const deliveryStates = ['SENT', 'DELIVERED', 'READ', 'FAILED'] as const
export type DeliveryState = (typeof deliveryStates)[number]

/** A value in a message: a text, or what the lead's row says when it is sent; the first of the fields that is known. */
export type MessageVariable = string | { lead: string | readonly string[]; or?: string }

/** What it takes to send a message again, and how it left. Values may be personal: all of it is erased with the lead. */
export interface MessageContent {
  /** Name of the template; absent for free text. */
  template?: string
  /** Languages the template may be sent in; absent: those it is approved in. */
  languages?: readonly string[]
  /** By the name of the placeholder. */
  variables?: Readonly<Record<string, MessageVariable>>
  /** Free text. */
  text?: string
  /** The language it left in. */
  language?: string
  /** The text that left, where we know it. */
  body?: string
}

/** The send ledger: a row is claimed before a message leaves, so that nothing is sent twice. */
const MessageSchema = defineEntity({
  name: 'Message',
  tableName: 'message',
  uniques: [{ name: 'message_once', properties: ['leadId', 'purpose', 'channel', 'occurrence'] }],
  indexes: [
    { name: 'message_provider', properties: ['provider', 'providerMessageId'] },
    { name: 'message_state', properties: ['state', 'claimedAt'] },
  ],
  properties: {
    id: id().primary(),
    workspaceId: () => p.manyToOne(Workspace).mapToPk().fieldName('workspace_id'),
    leadId: () => p.manyToOne(Lead).mapToPk().fieldName('lead_id').index(false).deleteRule('cascade'),
    jobId: id(),
    /** Why it is sent, e.g. `welcome`. */
    purpose: code(64),
    channel: code(16).$type<Channel>(),
    /** Tells repeats of one purpose apart; `1` when it happens once in a lead's life. */
    occurrence: code(64),
    state: code(16).$type<MessageState>(),
    delivery: code(16).$type<DeliveryState>().nullable(),
    provider: code(32),
    providerMessageId: code(191).nullable(),
    reason: p.string().length(300).nullable(),
    /** Null for a message from before this was kept, and of a person who was erased. */
    content: p.json().$type<MessageContent>().nullable(),
    correlationId: code(64),
    claimedAt: time(),
    updatedAt: time(),
  },
})

export class Message extends MessageSchema.class {}
MessageSchema.setClass(Message)
