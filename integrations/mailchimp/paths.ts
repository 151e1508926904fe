// How Mailchimp's addresses and times are written.

import { createHash } from 'node:crypto'

/** Path of an audience, with what follows its id. */
export function listPath(listId: string, rest = ''): string {
  return `/lists/${encodeURIComponent(listId)}${rest}`
}

/** Path of a contact, given by its address or by its contact id, with what follows. */
export function memberPath(listId: string, member: string, rest = ''): string {
  const id = member.includes('@') ? subscriberHash(member) : encodeURIComponent(member)
  return listPath(listId, `/members/${id}${rest}`)
}

/** Path of a campaign, with what follows its id. */
export function campaignPath(id: string, rest = ''): string {
  return `/campaigns/${encodeURIComponent(id)}${rest}`
}

/** Mailchimp's key of a contact: md5 of the lower-cased address. */
export function subscriberHash(email: string): string {
  return createHash('md5').update(email.toLowerCase()).digest('hex')
}

/** A path with its query; what is undefined is left out. Commas stay: they divide the list that `fields` is. */
export function withQuery(path: string, query: Record<string, string | number | undefined>): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value).replaceAll('%2C', ',')}`],
  )
  return `${path}?${pairs.join('&')}`
}

/** A time as Mailchimp writes it, e.g. `2026-12-01T10:15:00+00:00`; milliseconds are cut off. */
export function timeText(time: Date): string {
  return `${time.toISOString().slice(0, 19)}+00:00`
}

/** A time Mailchimp wrote; undefined for the empty text that stands for "never". */
export function timeOf(text: string | null | undefined): Date | undefined {
  const time = new Date(text ?? '')
  return Number.isNaN(time.getTime()) ? undefined : time
}
