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
  await page.locator('.graphiql-execute-button').click()
  const answer = page.locator('.result-window, .graphiql-response').first()
  const shows = (type: string) =>
    until(`${type} is in the answer`, async () => ((await answer.textContent()) ?? '').includes(`"${type}"`))
  // The query names the type as well: only the answer tells that the subscription has begun.
  await shows('JobEventsSnapshot')
  await createLeads(system, 0, 1)
  await shows('JobEvent')
  if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT })
  expect(elsewhere).toEqual([])
})
