import { seededRandom } from './faults.ts'
import { described, type Mail } from './mandrill.mails.ts'
import type { Settings } from './settings.ts'
import { signMandrill } from './signatures.ts'
import { type Courier, createLine, type Parcel, type Webhooks } from './webhooks.ts'

type Surroundings = { settings: Settings; courier: Courier; webhooks: Webhooks }
type Event = Record<string, unknown>

const EVENTS_PER_BATCH = 1000
const RETRIES = 20

/** The life of a mail as webhook events: send, then delivered or hard_bounce, then perhaps open. */
export function createMandrillHook({ settings, courier, webhooks }: Surroundings) {
  const random = seededRandom(7)
  const send = createLine<Event>(courier, {
    most: EVENTS_PER_BATCH,
    pack: (events) => parcel(webhooks, events),
    attempts: RETRIES + 1,
    waitMs: () => settings.webhookRetryMs,
    accepts: (status) => status === 200,
  })

  function tell(event: string, mail: Mail, steps: number, more: Event = {}): void {
    if (!settings.webhooksEnabled || !webhooks.mandrill) return
    courier.later(settings.webhookDelayMs * steps, () => {
      const ts = Math.floor(Date.now() / 1000)
      const where = event === 'click' ? { url: 'https://solaria.example/', ip: '127.0.0.1' } : {}
      send({ event, _id: mail._id, ts, ...where, msg: { ...described(mail), ...more } })
    })
  }

  function tellLife(mail: Mail): void {
    lives[mail.state].forEach((event, index) => {
      tell(event, mail, index + 1, event === 'hard_bounce' ? badMailbox : {})
    })
    if (mail.state !== 'sent' || random() >= settings.openRate) return
    mail.opens += 1
    tell('open', mail, 3)
  }

  return { tell, tellLife }
}

/** Events by the state a mail ends in; a scheduled mail stays silent. */
const lives: Record<Mail['state'], string[]> = {
  sent: ['send', 'delivered'],
  bounced: ['send', 'hard_bounce'],
  rejected: ['reject'],
  scheduled: [],
}

/** What a hard bounce says about itself. */
export const badMailbox = {
  bounce_description: 'bad_mailbox',
  diag: 'smtp;550 5.1.1 The email account that you tried to reach does not exist.',
}

function parcel({ mandrill }: Webhooks, events: Event[]): Parcel | undefined {
  if (!mandrill) return undefined
  const mandrill_events = JSON.stringify(events)
  const headers = {
    'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    'user-agent': 'Mandrill-Webhook/1.0',
    'x-mandrill-signature': signMandrill(mandrill.key, mandrill.url, { mandrill_events }),
  }
  const body = new URLSearchParams({ mandrill_events }).toString()
  return { vendor: 'mandrill', url: mandrill.url, headers, body }
}
