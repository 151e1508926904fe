import { expect, test } from 'vitest'
import { unusedVendors } from '../test/support/unused-vendors.ts'
import { loadConfig } from './config.ts'

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
