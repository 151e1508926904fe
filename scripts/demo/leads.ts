import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import parsePhoneNumber, { type CountryCode } from 'libphonenumber-js/max'
import { parseCsv } from './csv.ts'
import type { LeadInput } from './operations.ts'

/** What is different in each run, so that the demo can run again and again on one database. */
export interface Run {
  /** Part of every address, e.g. ana.garcia+k3x9ab@example.com. */
  id: string
  /** Numbers that got a message earlier, as digits only. */
  taken: Iterable<string>
}

type Row = Record<string, string>

/** The made-up people of leads.csv. */
export const readRows = (): Row[] => parseCsv(readFileSync(new URL('leads.csv', import.meta.url), 'utf8'))

/** The tag by which the leads of a run are found. */
export const tagOf = (runId: string): string => `demo-${runId}`

/** `count` leads: the rows one after the other, as often as it takes, each time with other addresses and numbers. */
export function leadsOf(rows: readonly Row[], count: number, run: Run): LeadInput[] {
  const taken = new Set(run.taken)
  return Array.from({ length: count }, (_, index) => {
    const round = Math.floor(index / rows.length)
    return leadOf(rows[index % rows.length]!, round === 0 ? run.id : `${run.id}.${round + 1}`, run, taken)
  })
}

function leadOf(row: Row, mark: string, run: Run, taken: Set<string>): LeadInput {
  const { email = '', phone = '', tags = '', utmSource, utmMedium, utmCampaign, ...rest } = row
  return {
    ...filled(rest),
    ...filled({ email: email.replace('@', `+${mark}@`) }),
    ...(phone && { phone: freshPhone(phone, row.country, taken) }),
    utm: filled({ source: utmSource, medium: utmMedium, campaign: utmCampaign }),
    tags: [...tags.split(';').filter(Boolean), tagOf(run.id)],
  }
}

const filled = (values: Record<string, string | undefined>) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value))

const tries = 1_000
/** So many digits at the end are drawn anew. */
const drawn = 6

/** A number like the given one, written alike, that nobody has had before. */
function freshPhone(like: string, country: string | undefined, taken: Set<string>): string {
  for (let n = 0; n < tries; n++) {
    const phone = redraw(like)
    const digits = digitsOf(phone, country)
    if (!digits || taken.has(digits)) continue
    taken.add(digits)
    return phone
  }
  throw new Error(`No number like ${like} is left: start with a fresh sandbox (npm stop, npm start)`)
}

function redraw(phone: string): string {
  let left = phone.replace(/\D/g, '').length
  return phone.replace(/\d/g, (digit) => (left-- <= drawn ? String(randomInt(10)) : digit))
}

/** Country code and number; undefined when nobody can have it, or the sandbox would refuse it (its README). */
function digitsOf(phone: string, country: string | undefined): string | undefined {
  const number = parsePhoneNumber(phone, (country || undefined) as CountryCode | undefined)
  return number?.isValid() && !/(0000|9999)$/.test(number.number) ? number.number.slice(1) : undefined
}
