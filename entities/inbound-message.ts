import { defineEntity, p } from '@mikro-orm/core'
import { code, id, time } from './columns.ts'
import { Conversation } from './conversation.ts'

/** What a person wrote to us by WhatsApp. The text is personal data and stays here. */
const InboundMessageSchema = defineEntity({
  name: 'InboundMessage',
  tableName: 'inbound_message',
  properties: {
    id: id().primary(),
    conversationId: () =>
      p.manyToOne(Conversation).mapToPk().fieldName('conversation_id').deleteRule('cascade'),
    /** `wamid.…` */
    providerMessageId: code(191).unique('inbound_message_provider'),
    /** text, image, button, … as the vendor names it. */
    type: code(32),
    text: p.text().nullable(),
    at: time(),
  },
})

export class InboundMessage extends InboundMessageSchema.class {}
InboundMessageSchema.setClass(InboundMessage)
