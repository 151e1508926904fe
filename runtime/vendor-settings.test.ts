import { expect, test } from 'vitest'
import { unusedVendors } from '../test/support/unused-vendors.ts'
import { loadConfig } from './config.ts'
import { configuredVendors } from './vendor-settings.ts'

const load = (MAILCHIMP_MERGE_FIELDS?: string) =>
  loadConfig({
    ...unusedVendors,
    DATABASE_URL: 'mysql://localhost/x',
    REDIS_URL: 'redis://localhost',
    MAILCHIMP_MERGE_FIELDS,
  }).MAILCHIMP_MERGE_FIELDS

test('merge fields may be left out or mapped; another form is told at the start, without the value', () => {
  expect(load()).toBe('')
  expect(load('company=COMPANY,customFields.plan=PLAN')).toBe('company=COMPANY,customFields.plan=PLAN')
  expect(() => load('company:SECRET')).toThrow(
    /^Configuration is not usable:\n {2}- MAILCHIMP_MERGE_FIELDS: expected field=TAG, separated by commas(?!.*SECRET)/,
  )
})

test('each vendor may be left out; of one that is set in part, what is missing is named', () => {
  const core = { DATABASE_URL: 'mysql://localhost/x', REDIS_URL: 'redis://localhost' }
  expect(configuredVendors(loadConfig(core))).toEqual([])
  const whatsapp = { ...core, WHATSAPP_TOKEN: 'a-token-of-it', WHATSAPP_PHONE_NUMBER_ID: '1' }
  expect(configuredVendors(loadConfig(whatsapp))).toEqual(['whatsapp'])
  const oauth = {
    HUBSPOT_CLIENT_ID: 'id',
    HUBSPOT_CLIENT_SECRET: 'secret',
    HUBSPOT_REFRESH_TOKEN: 'a-refresh-token',
  }
  expect(configuredVendors(loadConfig({ ...core, ...oauth }))).toEqual(['hubspot'])
  const parts: [Record<string, string>, string][] = [
    [{ MAILCHIMP_API_KEY: 'a-key-us19' }, 'MAILCHIMP_LIST_ID'],
    [{ MANDRILL_FROM_EMAIL: 'a@example.com' }, 'MANDRILL_API_KEY'],
    [{ WHATSAPP_PHONE_NUMBER_ID: '1' }, 'WHATSAPP_TOKEN'],
    [{ HUBSPOT_CLIENT_ID: 'id' }, 'HUBSPOT_REFRESH_TOKEN'],
    [{ EMAIL_VENDOR: 'smtp' }, 'SMTP_URL'],
    [{ CRM_VENDOR: 'twenty' }, 'TWENTY_API_KEY'],
  ]
  for (const [part, missing] of parts)
    expect(() => loadConfig({ ...core, ...part })).toThrow(`${missing}: expected a value`)
})
