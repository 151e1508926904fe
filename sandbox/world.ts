import type { Send, Vendor, VendorApi } from './exchange.ts'
import { createFaults } from './faults.ts'
import { createHistory } from './history.ts'
import { createHubSpot } from './hubspot.ts'
import { createMailchimp } from './mailchimp.ts'
import { createMandrill } from './mandrill.ts'
import { defaultSettings, type Settings } from './settings.ts'
import { createTwenty } from './twenty.ts'
import { createCourier, type Webhooks } from './webhooks.ts'
import { createWhatsApp } from './whatsapp.ts'

/** Everything the sandbox remembers. A reset replaces the world by a new one. */
export type World = ReturnType<typeof createWorld>

/** A world as the sandbox starts with it: nobody known, nothing sent, no faults. */
export function createWorld(started: { webhooks: Webhooks; settings: Partial<Settings> }) {
  const settings: Settings = { ...defaultSettings, ...started.settings }
  const webhooks: Webhooks = { ...started.webhooks }
  const courier = createCourier(settings)
  const around = { settings, webhooks, courier }
  const mailchimp = createMailchimp(around)
  const mandrill = createMandrill(around)
  const whatsapp = createWhatsApp(around)
  const vendors: Record<Vendor, VendorApi> = {
    mailchimp,
    mandrill,
    whatsapp,
    hubspot: createHubSpot(around),
    twenty: createTwenty(around),
  }
  return {
    ...around,
    vendors,
    addTemplate: { mandrill: mandrill.addTemplate, whatsapp: whatsapp.addTemplate },
    addMembers: mailchimp.addMembers,
    faults: createFaults(),
    down: new Set<Vendor>(),
    history: createHistory(),
    sends: (): Send[] => Object.values(vendors).flatMap((api) => api.sends()),
  }
}
