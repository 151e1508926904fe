/** How Mailchimp reads queries and bodies, and writes answers (integrations.md 3.1). */
import { type Call, Refusal, type Reply } from './exchange.ts'
import { project } from './mailchimp.fields.ts'
import { problem, refuseIssues } from './mailchimp.problems.ts'
import { on, type Route } from './routes.ts'
import { object, read, type Shape, text } from './shape.ts'

/** A call whose query has been checked. */
export type Asked<Q = unknown> = { call: Call; query: Q }
type Run<Q> = (asked: Asked<Q>, ...params: string[]) => Reply | Promise<Reply>

const COUNT_USUAL = 10
const COUNT_MOST = 1000

const projection = { fields: text(), exclude_fields: text() }
const paging = {
  ...projection,
  count: wholeNumber(COUNT_MOST),
  offset: wholeNumber(Number.MAX_SAFE_INTEGER),
}
type Paged = { count?: string; offset?: string }

/** Nothing may be asked for. */
export const plain = object({})
/** The fields of one answer may be chosen. */
export const shown = object({}, projection)
/** A page may be chosen. */
export const paged = object({}, paging)

/** A page that other parameters narrow down. */
export function pagedBy<F extends Record<string, Shape<unknown>>>(filters: F) {
  return object({}, { ...paging, ...filters })
}

/** A moment as query parameters and bodies give it: ISO 8601. */
export const moment = text({
  pattern: /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/,
  message: 'is not a valid date and time',
})

function wholeNumber(max: number): Shape<string> {
  return {
    check(value, path) {
      const given = String(value)
      if (/^\d+$/.test(given) && Number(given) <= max) return []
      return [{ kind: 'value', path, message: `must be 0 to ${max}`, got: given }]
    },
  }
}

/** A route that takes the query parameters of the shape and refuses all others. */
export function route<Q>(method: string, path: string, query: Shape<Q>, run: Run<Q>): Route {
  return on(method, path, (call, ...params) => {
    const given = Object.fromEntries(call.query)
    return run({ call, query: read(query, given, refuseIssues) }, ...params)
  })
}

/** The body as the shape wants it. Throws JSON Parse Exception or Invalid Resource. */
export function bodyOf<T>({ call }: Asked, shape: Shape<T>): T {
  return read(shape, parse(call.body), refuseIssues)
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw new Refusal(
      problem(400, 'JSON Parse Exception', 'We encountered an unspecified JSON parsing error.'),
    )
  }
}

/** 200 with the fields asked for. */
export function found({ call }: Asked, body: object): Reply {
  return { status: 200, body: project(body, call.query) }
}

/** The answer of a call whose effect has just been made. */
export function done(_effect?: unknown): Reply {
  return { status: 204 }
}

type Pages<T> = { name: string; all: readonly T[]; show: (item: T) => object; around?: object }

/** A page of `count` (default 10, at most 1000) items after `offset`; only these are written out. */
export function page<T>(asked: Asked<Paged>, { name, all, show, around = {} }: Pages<T>): Reply {
  const { count = COUNT_USUAL, offset = 0 } = asked.query
  const items = all.slice(Number(offset), Number(offset) + Number(count)).map(show)
  return found(asked, { [name]: items, ...around, total_items: all.length })
}

/** For items that are written out as they are. */
export function asIs<T>(item: T): T {
  return item
}

/** Mailchimp writes times with a zone and without milliseconds; nothing for no time. */
export function stamp(at: number | null): string {
  return at === null ? '' : new Date(at).toISOString().replace(/\.\d+Z$/, '+00:00')
}

/** The present, as precise as Mailchimp keeps it. */
export function nowInSeconds(): number {
  return Math.floor(Date.now() / 1000) * 1000
}
