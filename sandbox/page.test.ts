import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { findProgram } from '../scripts/services/programs.ts'
import { startReceiver, startTestSandbox } from '../test/support/sandbox-client.ts'

let browser: Browser
let sandbox: Awaited<ReturnType<typeof startTestSandbox>>
let receiver: Awaited<ReturnType<typeof startReceiver>>
let page: Page

beforeAll(async () => {
  const executablePath = await findProgram({
    names: ['chromium', 'google-chrome'],
    packages: ['chromium'],
    variable: 'PATH',
  })
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
}, 300_000)
afterAll(() => browser?.close())
beforeEach(async () => {
  receiver = await startReceiver([500])
  sandbox = await startTestSandbox({
    webhooks: { mailchimp: { url: receiver.url, secret: 's' } },
    settings: { webhookDelayMs: 0, webhookRetryMs: 10, mailchimpCountMs: 0, mailchimpSendMs: 0 },
  })
  page = await browser.newPage()
})
afterEach(async () => {
  await page.close()
  await sandbox.close()
  await receiver.close()
})

const event = (more: object) => sandbox.ask('POST', '/_sandbox/events', { vendor: 'mailchimp', ...more })
/** The rows of a Mailchimp table, each as the texts of its cells. */
async function rows(title: string): Promise<string[][]> {
  const found = await page.locator(`[id="mailchimp ${title}"] tbody tr`).all()
  return Promise.all(found.map((row) => row.locator('td').allTextContents()))
}

/** One of everything: a member, a campaign that is sent, a mistaken call, a webhook that fails once. */
async function busy(): Promise<void> {
  await event({ type: 'subscribe', email: 'jane@example.com' })
  const settings = {
    title: 'run-1',
    subject_line: 'Spring <b>sale</b>',
    from_name: 'S',
    reply_to: 's@example.com',
  }
  const { id } = (await event({ type: 'campaign-create', settings, html: '<p>Hi</p>' })).body
  await sandbox.ask('POST', `/mc/3.0/campaigns/${id}/actions/send`)
  await sandbox.ask('GET', '/mc/3.0/lists/none')
  await receiver.until(3)
}

test('the page shows requests, sends, campaigns, members and webhooks with their answers', async () => {
  await busy()
  await page.goto(`${sandbox.url}/_sandbox`)
  const time = expect.stringMatching(/^\d\d:\d\d:\d\d/)
  expect((await rows('Requests'))[0]).toEqual([time, 'GET /mc/3.0/lists/none', '404', '…us19', ''])
  expect(await rows('Sent')).toEqual([[time, 'audience a6b5da1054', 'run-1', 'run-1', 'yes']])
  expect(await rows('Campaigns')).toEqual([[time, 'run-1', 'Spring <b>sale</b>', 'a6b5da1054', 'sent', '1']])
  expect(await rows('Members changed last')).toEqual([
    [time, 'jane@example.com', 'a6b5da1054', 'subscribed', '0'],
  ])
  const told = async () => (await rows('Webhooks')).map((cells) => cells.slice(2).join(' '))
  await expect.poll(told, { timeout: 10_000 }).toEqual(['200 1', '200 2', '500 1'])
  expect(await page.locator('.tiles').textContent()).toContain('1 messages sent')
})

test('the page keeps up by itself and leaves folded what was folded', async () => {
  await sandbox.ask('GET', '/mc/3.0/ping')
  await page.goto(`${sandbox.url}/_sandbox`)
  await page.locator('[id="mailchimp Requests"] summary').click()
  await event({ type: 'subscribe', email: 'late@example.com' })
  await page.getByText('late@example.com').waitFor({ timeout: 20_000 })
  expect(await page.locator('[id="mailchimp Requests"]').getAttribute('open')).toBeNull()
})

test('the page asks nobody but the sandbox, has no errors in its console and fits a telephone', async () => {
  await busy()
  const asked: string[] = []
  const errors: string[] = []
  page.on('request', (request) => asked.push(new URL(request.url()).origin))
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  page.on('pageerror', (error) => errors.push(String(error)))
  await page.setViewportSize({ width: 390, height: 800 })
  await page.goto(`${sandbox.url}/_sandbox`)
  await page.getByText(/^as of/).waitFor({ timeout: 20_000 })
  expect(new Set(asked.filter((origin) => origin !== 'null'))).toEqual(new Set([sandbox.url]))
  expect(errors).toEqual([])
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390)
})
