import { parsePhoneNumberWithError } from 'libphonenumber-js/max'
import { describe, expect, test } from 'vitest'
import { type LeadInput as AskedLead, readLead } from '../../resolvers/lead-input.ts'
import { leadsOf, readRows, tagOf } from './leads.ts'
import type { LeadInput } from './operations.ts'

const rows = readRows()
const run = (id = 'k3x9', taken: string[] = []) => ({ id, taken })
const e164 = ({ phone, country }: LeadInput) => parsePhoneNumberWithError(phone!, country as 'ES').number
const phones = (leads: LeadInput[]) => leads.filter(({ phone }) => phone).map(e164)

describe('the people of leads.csv', () => {
  test('are 25 and of all sorts', () => {
    expect(rows).toHaveLength(25)
    expect(rows.filter(({ email }) => !email).length).toBeGreaterThanOrEqual(3)
    expect(rows.filter(({ phone }) => !phone).length).toBeGreaterThanOrEqual(3)
    expect(rows.filter(({ emailConsent }) => emailConsent === 'DENIED')).toHaveLength(1)
    expect(new Set(rows.map(({ locale }) => locale)).size).toBeGreaterThanOrEqual(15)
  })

  test('live at domains that belong to nobody', () => {
    const addresses = rows.flatMap(({ email }) => (email ? [email.trim().toLowerCase()] : []))
    expect(addresses.filter((address) => !/@example\.(com|org|net)$/.test(address))).toEqual([])
  })
})

test('every lead of a long run is one the API takes, with an address and a number of its own', () => {
  const leads = leadsOf(rows, 500, run())
  expect(leads.map((lead) => readLead(lead as AskedLead, new Date())).filter(Array.isArray)).toEqual([])
  const emails = leads.flatMap(({ email }) => (email ? [email.trim().toLowerCase()] : []))
  expect(new Set(emails).size).toBe(emails.length)
  expect(new Set(phones(leads)).size).toBe(phones(leads).length)
})

test('no number ends as the ones do that the sandbox refuses', () => {
  expect(phones(leadsOf(rows, 500, run())).filter((phone) => /(0000|9999)$/.test(phone))).toEqual([])
})

test('a number keeps its way of writing', () => {
  const [ana, , , , , , , , , joao] = leadsOf(rows, 25, run())
  expect(ana!.phone).toMatch(/^612 \d\d \d\d \d\d$/)
  expect(joao!.phone).toMatch(/^\(11\) 912\d\d-\d{4}$/)
})

test('a number that got a message before is not used again', () => {
  const all = Array.from({ length: 1_000_000 }, (_, n) => `34612${String(n).padStart(6, '0')}`)
  expect(() => leadsOf(rows, 1, run('k3x9', all))).toThrow('No number like 612 34 56 78 is left')
})

test('two runs share no address, and each is found by its tag', () => {
  const [first, second] = [leadsOf(rows, 25, run('one')), leadsOf(rows, 25, run('two'))]
  const addresses = first.map(({ email }) => email)
  expect(second.filter(({ email }) => email && addresses.includes(email))).toEqual([])
  expect(first.every(({ tags }) => tags!.includes(tagOf('one')))).toBe(true)
})

test('rows that come again get numbered addresses', () => {
  const leads = leadsOf(rows, 51, run())
  expect([leads[1]!.email, leads[26]!.email, leads[50]!.email!.trim()]).toEqual([
    'luis.hernandez+k3x9@example.com',
    'luis.hernandez+k3x9.2@example.com',
    'Ana.Garcia+k3x9.3@Example.com',
  ])
})
