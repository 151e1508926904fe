import { expect, test } from 'vitest'
import { isMachine } from './machine.ts'

const delivered = new Date('2026-10-01T12:00:00Z')
const after = (ms: number) => new Date(delivered.getTime() + ms)
const browser =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/130.0 Safari/537.36'
const touch = (kind: 'open' | 'click', userAgent: string | undefined, ms = 60_000) =>
  isMachine({ kind, userAgent, at: after(ms), deliveredAt: delivered })

test.each([
  'Mozilla/5.0',
  'Mozilla/5.0 (compatible; bingbot/2.0)',
  'Slackbot-LinkExpanding 1.0',
  'BingPreview/1.0b',
  'Barracuda Sentinel (EE)',
  'python-requests/2.31',
  'curl/8.5.0',
  'Mozilla/5.0 HeadlessChrome/130',
])('%s is a machine', (userAgent) => {
  expect(touch('open', userAgent)).toBe(true)
  expect(touch('click', userAgent)).toBe(true)
})

test.each([
  browser,
  'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)',
  'YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html',
  'Mozilla/4.0 (compatible; ms-office; MSOffice 16)',
  undefined,
])('%s is taken for a person', (userAgent) => {
  expect(touch('open', userAgent)).toBe(false)
})

test('a click within two seconds of delivery is a machine’s, one after them a person’s', () => {
  expect(touch('click', browser, 1_999)).toBe(true)
  expect(touch('click', browser, 2_000)).toBe(false)
  expect(touch('open', browser, 1_999)).toBe(false)
  expect(isMachine({ kind: 'click', at: delivered, userAgent: browser, deliveredAt: undefined })).toBe(false)
})
