// WhatsApp Cloud API, one sending number.

import { z } from 'zod'
import type { CallContext } from '../client.ts'
import { connectGraph, type Graph, type WhatsappSettings } from './graph.ts'
import { mediaVerbs } from './media.ts'
import { messageVerbs } from './messages.ts'
import { accountVerbs } from './templates.ts'
import type { Whatsapp, WhatsappNumber } from './verbs.ts'

export type { WhatsappSettings } from './graph.ts'
export type { Whatsapp } from './verbs.ts'

/** The verbs we use on one WhatsApp number. The sends must not be repeated when their answer is lost. */
export function createWhatsapp(settings: WhatsappSettings): Whatsapp {
  const graph = connectGraph(settings)
  return {
    check: (context) => check(graph, context),
    ...messageVerbs(graph),
    ...mediaVerbs(graph),
    ...accountVerbs(graph),
  }
}

const SendingNumber = z.object({
  display_phone_number: z.string().optional(),
  verified_name: z.string().optional(),
  quality_rating: z.string().optional(),
})

/** Graph tells these three without being asked for `fields`. */
async function check(graph: Graph, context: CallContext): Promise<WhatsappNumber> {
  const path = graph.path(graph.settings.phoneNumberId)
  const request = { operation: 'check', method: 'GET', path, repeatable: true } as const
  const number = await graph.call({ ...request, answer: SendingNumber }, context)
  return {
    displayPhoneNumber: number.display_phone_number,
    verifiedName: number.verified_name,
    qualityRating: number.quality_rating,
  }
}
