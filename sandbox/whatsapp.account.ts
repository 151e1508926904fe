import { Refusal, type Reply } from './exchange.ts'
import { graphError } from './whatsapp.errors.ts'
import { phoneOf } from './whatsapp.messages.ts'
import type { Template } from './whatsapp.templates.ts'

/** A page of templates; `after` is the cursor of the page before. */
export function templatePage(all: Template[], query: URLSearchParams): Reply {
  const fitting = all.filter((each) =>
    ['name', 'language', 'status', 'category'].every((key) => fits(each, key, query)),
  )
  const start = Number(Buffer.from(query.get('after') ?? '', 'base64').toString() || 0)
  const end = start + Math.min(Number(query.get('limit') ?? 25), 1000)
  const cursor = (position: number) => Buffer.from(String(position)).toString('base64')
  const paging = { cursors: { before: cursor(start), after: cursor(Math.min(end, fitting.length)) } }
  const data = fitting.slice(start, end).map((each) => pick(each, query.get('fields')))
  return { status: 200, body: { data, ...(data.length > 0 ? { paging } : {}) } }
}

function fits(template: Template, key: string, query: URLSearchParams): boolean {
  return query.get(key) === null || query.get(key) === Reflect.get(template, key)
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
    throughput: { level: 'STANDARD' },
    whatsapp_business_manager_messaging_limit: 'TIER_1K',
  }
  return { status: 200, body: pick(about, query.get('fields') ?? defaultPhoneFields) }
}

const defaultPhoneFields = 'verified_name,code_verification_status,display_phone_number,quality_rating'

/** Graph's `fields`: the named fields and always the id. */
function pick(whole: object, fields: string | null): unknown {
  if (fields === null) return whole
  const wanted = new Set(['id', ...fields.split(',').map((name) => name.trim())])
  return Object.fromEntries(Object.entries(whole).filter(([name]) => wanted.has(name)))
}
