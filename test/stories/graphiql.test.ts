import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findProgram } from '../../scripts/services/programs.ts'
import { createLeads } from '../support/leads.ts'
import { type System, startTestSystem } from '../support/system.ts'
import { until } from '../support/world.ts'

let system: System
let browser: Browser
let page: Page
const elsewhere: string[] = []

beforeAll(async () => {
  system = await startTestSystem()
  const executablePath = await findProgram({
    names: ['chromium', 'google-chrome'],
    packages: ['chromium'],
    variable: 'PATH',
  })
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
  ]
  browser = await chromium.launch({ executablePath, args })
  page = await browser.newPage()
  await page.route('**', (route) => {
    const { hostname } = new URL(route.request().url())
    if (hostname === '127.0.0.1') return route.continue()
    elsewhere.push(hostname)
    return route.abort()
  })
}, 300_000)
afterAll(async () => {
  await browser?.close()
  await system?.close()
})

test('GraphiQL works without internet: a subscription over WebSocket shows a job as it runs', async () => {
  await page.goto(`${system.url}#key=${system.key}`)
  await page.getByRole('tab', { name: /watch/i }).first().click()
  const answer = page.locator('.result-window, .graphiql-response').first()
  // The editor shows spaces as no-break spaces.
  const shows = async (text: string) =>
    ((await answer.textContent()) ?? '').replaceAll('\u00a0', ' ').includes(text)
  const execute = () => page.locator('.graphiql-execute-button').click()
  await execute()
  // GraphiQL learns a moment after its tab which operation it is to run. A person is slower than that.
  await until('the subscription has begun', async () => {
    if (await shows('Cannot infer operation')) await execute()
    return shows('"JobEventsSnapshot"')
  })
  await createLeads(system, 0, 1)
  await until('the event is on the page', () => shows('"JobEvent"'))
  if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT })
  expect(elsewhere).toEqual([])
})
