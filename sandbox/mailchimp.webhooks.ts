import type { Member } from './mailchimp.members.ts'
import type { Settings } from './settings.ts'
import { signMailchimp } from './signatures.ts'
import { type Courier, createLine, isSuccess, type Parcel, type Webhooks } from './webhooks.ts'

type Happening = { type: string; member: Member; firedAt: Date }
type Surroundings = { settings: Settings; courier: Courier; webhooks: Webhooks }

/**
 * Tells what people did, one signed form per event (integrations.md 3.7). Changes made through the
 * API are not told: the audience's hook has `sources.api: false`.
 */
export function createMailchimpHook({ settings, courier, webhooks }: Surroundings) {
  const send = createLine<Happening>(courier, {
    most: 1,
    pack: ([happening]) => happening && parcel(webhooks, happening),
    attempts: 10,
    waitMs: (attempt) => settings.webhookRetryMs * attempt,
    accepts: isSuccess,
  })
  return (type: string, member: Member): void => {
    if (!settings.webhooksEnabled || !webhooks.mailchimp) return
    const happening = { type, member: { ...member }, firedAt: new Date() }
    courier.later(settings.webhookDelayMs, () => send(happening))
  }
}

function parcel({ mailchimp }: Webhooks, happening: Happening): Parcel | undefined {
  if (!mailchimp) return undefined
  const body = new URLSearchParams(formOf(happening)).toString()
  const signature = signMailchimp(mailchimp.secret, body, Math.floor(Date.now() / 1000))
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'x-mailchimp-signature': signature }
  return { vendor: 'mailchimp', url: mailchimp.url, headers, body }
}

function formOf({ type, member, firedAt }: Happening): Record<string, string> {
  const merges = Object.entries(member.merge_fields).map(([tag, value]) => [
    `data[merges][${tag}]`,
    String(value),
  ])
  return {
    type,
    fired_at: firedAt.toISOString().slice(0, 19).replace('T', ' '),
    ...(type === 'unsubscribe' ? { 'data[action]': 'unsub', 'data[reason]': 'manual' } : {}),
    ...(type === 'cleaned' ? { 'data[reason]': 'hard' } : {}),
    'data[id]': member.unique_email_id,
    'data[list_id]': member.list_id,
    'data[email]': member.email_address,
    'data[email_type]': member.email_type,
    ...Object.fromEntries(merges),
  }
}
