import type { Api } from './api.ts'

/** A message template of WhatsApp. */
export function whatsappTemplateType({ WhatsappTemplate }: Api): void {
  WhatsappTemplate.implement({
    description:
      'A message template of the WhatsApp account in one language. Only one that is `APPROVED` is sent.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Our id of it.' }),
      name: t.exposeString('name', { description: 'Its name at WhatsApp.' }),
      language: t.exposeString('language', { description: 'E.g. en or pt_BR, as WhatsApp writes it.' }),
      status: t.exposeString('status', {
        description: 'APPROVED, PENDING, REJECTED, PAUSED, DISABLED, or another word of WhatsApp’s.',
      }),
      category: t.exposeString('category', { description: 'MARKETING, UTILITY or AUTHENTICATION.' }),
      quality: t.exposeString('quality', {
        nullable: true,
        description: 'GREEN, YELLOW, RED or UNKNOWN, by what people made of it; null while it was not told.',
      }),
      body: t.exposeString('body', { description: 'The text, with its placeholders.' }),
      variables: t.exposeStringList('variables', {
        description: 'Placeholders of the body: numbers, or names.',
      }),
      components: t.field({
        type: 'JSON',
        nullable: true,
        description: 'Header, body, footer and buttons as WhatsApp describes them.',
        resolve: ({ components }) => components,
      }),
      syncedAt: t.expose('syncedAt', {
        type: 'DateTime',
        description: 'When it was last read from WhatsApp.',
      }),
      reportedAt: t.expose('reportedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When WhatsApp last reported a change of it.',
      }),
    }),
  })
}
