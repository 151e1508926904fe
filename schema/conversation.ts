import type { Api } from './api.ts'

/** A message of a conversation. */
export function conversationMessageType({ ConversationMessage, ConversationDirection, Message }: Api): void {
  ConversationMessage.implement({
    description: 'A message of a WhatsApp conversation, of either side.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Our id of it.' }),
      direction: t.expose('direction', { type: ConversationDirection, description: 'Who wrote it.' }),
      at: t.expose('at', { type: 'DateTime', description: 'When it was written, or was about to be sent.' }),
      type: t.exposeString('type', {
        description: 'text, image, button, … as WhatsApp names it; template for one of ours.',
      }),
      text: t.exposeString('text', {
        nullable: true,
        description:
          'What it says. Null where that is not known: a picture without words, a template sent before the first sync, a message of a person who was erased.',
      }),
      template: t.exposeString('template', {
        nullable: true,
        description: 'Name of the template, of a message of ours.',
      }),
      sentMessage: t.field({
        type: Message,
        nullable: true,
        description: 'What became of it, of a message of ours.',
        resolve: ({ messageId }, _, { loaders }) => (messageId ? loaders.message.load(messageId) : null),
      }),
    }),
  })
}
