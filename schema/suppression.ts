import type { Api } from './api.ts'

/** Why nothing is sent to an address. */
export function suppressionType({ Suppression, SuppressionReason, Channel }: Api): void {
  Suppression.implement({
    description: 'A reason why nothing is sent to an address. There may be several for one address.',
    fields: (t) => ({
      id: t.exposeID('id'),
      channel: t.expose('channel', { type: Channel }),
      address: t.exposeString('address', {
        description:
          'E-mail address, phone number in E.164, or WhatsApp user id of somebody without a number; of somebody who was erased, its SHA-256.',
      }),
      reason: t.expose('reason', { description: 'Why nothing is sent.', type: SuppressionReason }),
      source: t.exposeString('source', { description: 'The vendor that reported it, or operator.' }),
      at: t.expose('at', { type: 'DateTime', description: 'When it was said last.' }),
      liftedAt: t.expose('liftedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When it was taken back; null while it holds.',
      }),
    }),
  })
}
