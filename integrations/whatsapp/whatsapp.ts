// WhatsApp Cloud API: template messages from one number. It has no idempotency key; a lost answer is resolved by the
// status webhook, which carries our callback data.

import { z } from 'zod'
import { type CallContext, type Caller, type CallSettings, createCaller } from '../client.ts'
import { WHATSAPP_RULES, whatsappProblem } from './errors.ts'

export interface WhatsappSettings extends CallSettings {
  /** Up to the version, e.g. `https://graph.facebook.com/v25.0`. */
  baseUrl: string
  /** A system user's token. */
  token: string
  /** The id of the sending number, not the number itself. */
  phoneNumberId: string
}

interface SendWhatsappTemplateInput {
  /** E.164, e.g. `+16505551234`. */
  to: string
  /** Name of an approved template. */
  template: string
  /** E.g. `en_US`, as the template was approved. */
  language: string
  /** Values of the body's placeholders, in order. */
  bodyParameters: readonly string[]
  /** Our delivery id; comes back in every status webhook. At most 512 characters. */
  callbackData: string
}

interface SentWhatsapp {
  /** `wamid.…` */
  messageId: string
  /** The recipient as WhatsApp knows them; may differ from `to` by digits (Brazil, Mexico, Argentina). */
  waId: string
  /** accepted, held_for_quality_assessment or paused. Accepted is not delivered. */
  status: string
}

interface WhatsappNumber {
  displayPhoneNumber: string | undefined
  verifiedName: string | undefined
  /** GREEN, YELLOW, RED or UNKNOWN. */
  qualityRating: string | undefined
}

export interface Whatsapp {
  check(context: CallContext): Promise<WhatsappNumber>
  sendTemplate(input: SendWhatsappTemplateInput, context: CallContext): Promise<SentWhatsapp>
}

const Accepted = z.object({
  contacts: z.array(z.object({ wa_id: z.string().optional() })).optional(),
  messages: z.tuple([z.object({ id: z.string(), message_status: z.string().optional() })]),
})
const SendingNumber = z.object({
  display_phone_number: z.string().optional(),
  verified_name: z.string().optional(),
  quality_rating: z.string().optional(),
})

/** The verbs we use on one WhatsApp number. `sendTemplate` must not be repeated when its answer is lost. */
export function createWhatsapp(settings: WhatsappSettings): Whatsapp {
  const call = createCaller({
    vendor: 'whatsapp',
    baseUrl: settings.baseUrl,
    headers: { authorization: `Bearer ${settings.token}` },
    credential: settings.token,
    rules: WHATSAPP_RULES,
    problemOf: whatsappProblem,
    settings,
  })
  const path = `/${encodeURIComponent(settings.phoneNumberId)}`
  return {
    check: (context) => check(call, path, context),
    sendTemplate: (input, context) => sendTemplate(call, `${path}/messages`, input, context),
  }
}

async function check(call: Caller, path: string, context: CallContext): Promise<WhatsappNumber> {
  const fields = '?fields=display_phone_number,verified_name,quality_rating'
  const request = { operation: 'check', method: 'GET', path: path + fields, repeatable: true } as const
  const number = await call({ ...request, answer: SendingNumber }, context)
  return {
    displayPhoneNumber: number.display_phone_number,
    verifiedName: number.verified_name,
    qualityRating: number.quality_rating,
  }
}

async function sendTemplate(
  call: Caller,
  path: string,
  input: SendWhatsappTemplateInput,
  context: CallContext,
): Promise<SentWhatsapp> {
  const to = input.to.replace(/\D/g, '')
  const { contacts, messages } = await call(
    {
      operation: 'sendTemplate',
      method: 'POST',
      path,
      body: bodyOf(to, input),
      repeatable: false,
      answer: Accepted,
      personal: [to, ...input.bodyParameters],
    },
    context,
  )
  const [{ id, message_status: status = 'accepted' }] = messages
  return { messageId: id, waId: contacts?.[0]?.wa_id ?? to, status }
}

function bodyOf(to: string, input: SendWhatsappTemplateInput): object {
  const parameters = input.bodyParameters.map((text) => ({ type: 'text', text }))
  return {
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    to,
    type: 'template',
    template: {
      name: input.template,
      language: { code: input.language },
      components: parameters.length > 0 ? [{ type: 'body', parameters }] : undefined,
    },
    biz_opaque_callback_data: input.callbackData,
  }
}
