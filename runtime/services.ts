import type { Hubspot } from '../integrations/hubspot.ts'
import type { Mailchimp } from '../integrations/mailchimp.ts'
import type { Mandrill } from '../integrations/mandrill.ts'
import type { Whatsapp } from '../integrations/whatsapp.ts'

/** What jobs reach the outside world with. */
export interface Services {
  mailchimp: Mailchimp
  mandrill: Mandrill
  whatsapp: Whatsapp
  hubspot: Hubspot
  welcome: WelcomeSettings
}

/** How new leads are welcomed. */
export interface WelcomeSettings {
  emailTemplate: string
  whatsappTemplate: string
  /** Languages the WhatsApp template is approved in; the first is the fallback. */
  whatsappLanguages: string[]
  /** Wait before a lost answer is looked up, in seconds. */
  searchAfterSeconds: number
}
