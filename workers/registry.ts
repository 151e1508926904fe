import type { AnyJobDefinition } from '../ledger/definition.ts'
import { leadCreated } from './lead.created.ts'
import { messageResolve } from './message.resolve.ts'
<<<<<<< HEAD
import { whatsappTemplates } from './whatsapp.templates.ts'

/** Every job there is: a job is a file in this folder and a line here. */
export const registry: readonly AnyJobDefinition[] = [leadCreated, messageResolve, whatsappTemplates]
=======
import { webhookReceive } from './webhook.receive.ts'

/** Every job there is: a job is a file in this folder and a line here. */
export const registry: readonly AnyJobDefinition[] = [leadCreated, messageResolve, webhookReceive]
>>>>>>> cfe4bb7 (Webhooks are kept once and applied by a job: five vendors, suppression, consent, timelines, conversations, facts)
