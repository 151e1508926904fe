import type { Mail } from './mandrill.mails.ts'
import type { SearchOrder } from './mandrill.shapes.ts'

/**
 * The part of Mandrill's query language used here: words side by side must all fit, ` OR ` joins
 * alternatives, `u_<key>:<value>` asks metadata, `email:`, `subject:`, `sender:`, `tags:` ask a
 * field, a bare word asks all of them, `*` is everything.
 */
export function search(mails: Mail[], order: SearchOrder): Mail[] {
  const alternatives = (order.query ?? '*').split(/\s+OR\s+/).map(termsOf)
  const fits = (mail: Mail) => alternatives.some((terms) => terms.every((term) => fitsTerm(mail, term)))
  const found = mails.filter((mail) => fits(mail) && fitsFilters(mail, order))
  return found.reverse().slice(0, Math.min(order.limit ?? 100, 1000))
}

type Term = { field: string | null; value: string }

function termsOf(query: string): Term[] {
  const words = query.replace(/[()]/g, ' ').match(/(?:[^\s"]|"[^"]*")+/g) ?? []
  return words.filter((word) => word !== 'AND').map(termOf)
}

function termOf(word: string): Term {
  const [, field = null, value = word] = /^([a-z_][\w-]*):(.*)$/i.exec(word) ?? []
  return { field, value: value.replaceAll('"', '').toLowerCase() }
}

function fitsTerm(mail: Mail, { field, value }: Term): boolean {
  if (field === null && value === '*') return true
  if (field?.startsWith('u_')) return String(mail.metadata[field.slice(2)] ?? '').toLowerCase() === value
  const texts = field === null ? Object.values(searchable(mail)).flat() : searchable(mail)[field]
  return (texts ?? []).some((text) => text.toLowerCase().includes(value))
}

function searchable({ email, subject, sender, tags }: Mail): Record<string, string[]> {
  return { email: [email], full_email: [email], subject: [subject], sender: [sender], tags }
}

function fitsFilters(mail: Mail, { date_from, date_to, tags, senders }: SearchOrder): boolean {
  const day = new Date(mail.at).toISOString().slice(0, 10)
  if (date_from && day < date_from.slice(0, 10)) return false
  if (date_to && day > date_to.slice(0, 10)) return false
  if (tags && !tags.some((tag) => mail.tags.includes(tag))) return false
  return !senders || senders.includes(mail.sender)
}
