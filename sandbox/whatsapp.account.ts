import { Refusal, type Reply } from './exchange.ts'
import { graphError } from './whatsapp.errors.ts'
import { phoneOf } from './whatsapp.messages.ts'
import type { Template } from './whatsapp.templates.ts'

const PAGE_MAX = 1000
const templateFields = [
  ...['id', 'name', 'status', 'language', 'category', 'components', 'parameter_format'],
  ...['rejected_reason', 'quality_score'],
]

/** A page of templates; `after` is the cursor of the page before. */
export function templatePage(all: Template[], waba: string, query: URLSearchParams): Reply {
  const fitting = all.filter((each) =>
    ['name', 'language', 'status', 'category'].every((key) => fits(each, key, query)),
  )
  const start = cursorOf(query.get('after'))
  const end = Math.min(start + limitOf(query.get('limit')), fitting.length)
  const cursor = (position: number) => Buffer.from(String(position)).toString('base64url')
  const cursors = { before: cursor(start), after: cursor(end) }
  const next = new URLSearchParams({ ...Object.fromEntries(query), after: cursors.after })
  const url = `https://graph.facebook.com/v25.0/${waba}/message_templates?${next}`
  const data = fitting.slice(start, end).map((each) => pick(each, templateFields, query.get('fields')))
  const paging = { cursors, ...(end < fitting.length ? { next: url } : {}) }
  return { status: 200, body: { data, ...(data.length > 0 ? { paging } : {}) } }
}

function fits(template: Template, key: string, query: URLSearchParams): boolean {
  return query.get(key) === null || query.get(key) === Reflect.get(template, key)
}

function cursorOf(after: string | null): number {
  if (!after) return 0
  const position = Buffer.from(after, 'base64url').toString()
  return /^\d+$/.test(position) ? Number(position) : invalid('Invalid cursors values')
}

function limitOf(limit: string | null): number {
  const count = Number(limit ?? 25)
  return Number.isInteger(count) && count >= 1
    ? Math.min(count, PAGE_MAX)
    : invalid('Param limit must be a number')
}

function invalid(reason: string): never {
  throw new Refusal(graphError(100, { message: `(#100) ${reason}` }))
}

/** What GET of a phone number id tells. */
export function describePhone(id: string, query: URLSearchParams): Reply {
  if (!/^\d{5,20}$/.test(id)) throw new Refusal(graphError(100, { subcode: 33 }))
  const about = {
    id,
    verified_name: 'Solaria Sandbox',
    display_phone_number: `+${phoneOf(id).number}`,
    quality_rating: 'GREEN',
    code_verification_status: 'VERIFIED',
    name_status: 'APPROVED',
    status: 'CONNECTED',
    platform_type: 'CLOUD_API',
    throughput: { level: 'STANDARD' },
    whatsapp_business_manager_messaging_limit: 'TIER_2K',
  }
  return { status: 200, body: pick(about, Object.keys(about), query.get('fields') ?? defaultPhoneFields) }
}

const defaultPhoneFields = 'verified_name,code_verification_status,display_phone_number,quality_rating'

/** Graph's `fields`: the named fields and always the id; a field that does not exist is refused. */
function pick(whole: object, known: string[], fields: string | null): unknown {
  if (fields === null) return whole
  const wanted = ['id', ...fields.split(',').map((name) => name.trim())]
  const unknown = wanted.find((name) => !known.includes(name))
  if (unknown !== undefined) invalid(`Tried accessing nonexisting field (${unknown})`)
  return Object.fromEntries(Object.entries(whole).filter(([name]) => wanted.includes(name)))
}

/** The apps that get the account's webhooks: ours, subscribed from the start. */
export function createSubscription() {
  let isSubscribed = true
  const app = {
    whatsapp_business_api_data: { id: '54321', name: 'Solaria', link: 'https://solaria.example/' },
  }
  const set = (value: boolean): Reply => {
    isSubscribed = value
    return { status: 200, body: { success: true } }
  }
  return {
    isSubscribed: () => isSubscribed,
    list: (): Reply => ({ status: 200, body: { data: isSubscribed ? [app] : [] } }),
    set,
  }
}
