import { z } from 'zod'
import type { DeliveryState } from '../entities/message.ts'
import type { DeliveryReport } from './messages.ts'

/** What vendors' webhooks say about our messages. Anything unknown in them is passed over: vendors add to them at will. */

const mandrillEvents = z.array(
  z.object({
    event: z.string().optional(),
    _id: z.string().optional(),
    msg: z
      .object({
        metadata: z.object({ delivery_id: z.string().optional() }).catch({}),
        bounce_description: z.string().optional(),
      })
      .optional()
      .catch(undefined),
  }),
)

/** Mandrill knows no "read" of a person: an open may be a machine's, so it is left to statistics. */
const mandrillStates: Record<string, DeliveryState> = {
  send: 'SENT',
  delivered: 'DELIVERED',
  hard_bounce: 'FAILED',
  soft_bounce: 'FAILED',
  reject: 'FAILED',
}

/**
 * Reads the value of the form field `mandrill_events`
 * (https://mailchimp.com/developer/transactional/docs/webhooks/). @throws SyntaxError when it is not JSON
 */
export function mandrillReports(json: string): DeliveryReport[] {
  return parse(mandrillEvents, json).flatMap(({ event = '', _id, msg }) => {
    const delivery = mandrillStates[event]
    if (!delivery || !_id) return []
    const reason = delivery === 'FAILED' ? event : undefined
    return [
      {
        provider: 'mandrill',
        messageId: msg?.metadata.delivery_id,
        providerMessageId: _id,
        delivery,
        reason,
      },
    ]
  })
}

const status = z.object({
  id: z.string(),
  status: z.string(),
  biz_opaque_callback_data: z.string().optional(),
  errors: z
    .array(z.object({ code: z.number() }))
    .optional()
    .catch(undefined),
})
const whatsappBody = z.object({
  entry: z.array(
    z.object({
      changes: z.array(
        z.object({
          value: z
            .object({ statuses: z.array(status).optional().catch(undefined) })
            .optional()
            .catch(undefined),
        }),
      ),
    }),
  ),
})

const whatsappStates: Record<string, DeliveryState> = {
  sent: 'SENT',
  delivered: 'DELIVERED',
  read: 'READ',
  failed: 'FAILED',
}

/**
 * Reads the statuses of a WhatsApp webhook
 * (https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks). @throws SyntaxError when it is not JSON
 */
export function whatsappReports(json: string): DeliveryReport[] {
  const statuses = parse(whatsappBody, json).entry.flatMap(({ changes }) =>
    changes.flatMap(({ value }) => value?.statuses ?? []),
  )
  return statuses.flatMap(({ id, status: name, biz_opaque_callback_data: messageId, errors }) => {
    const delivery = whatsappStates[name]
    if (!delivery) return []
    return [
      {
        provider: 'whatsapp',
        messageId,
        providerMessageId: id,
        delivery,
        reason: errors?.[0] && String(errors[0].code),
      },
    ]
  })
}

function parse<T>(schema: z.ZodType<T>, json: string): T {
  const result = schema.safeParse(JSON.parse(json))
  if (!result.success) throw new SyntaxError('The body is not of the form the vendor documents')
  return result.data
}
