/** The page at /_sandbox: what each vendor received and told. It needs nothing from elsewhere. */
import { type Vendor, vendors } from './exchange.ts'
import { duplicates } from './history.ts'
import { pageScript, pageStyle } from './page.assets.ts'
import { escapeHtml, type Rows, renderTable, toneOf } from './page.table.ts'
import { isObject } from './shape.ts'
import type { World } from './world.ts'

const REQUESTS_SHOWN = 25
const OTHERS_SHOWN = 10

/** The whole page, newest first everywhere; it fetches itself again every two seconds. */
export function renderPage(world: World): string {
  const sections = vendors.map((vendor) => renderVendor(world, vendor)).join('')
  const links = vendors.map((vendor) => `<a href="#${vendor}">${vendor}</a>`).join(' ')
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Vendor sandbox</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><style>${pageStyle}</style></head><body>
<header><h1>Vendor sandbox</h1><nav>${links}</nav><p id="state" role="status">refreshes every two seconds</p></header>
<main>${renderSummary(world)}${renderFaults(world)}${sections}</main><script>${pageScript}</script></body></html>`
}

function renderSummary(world: World): string {
  const repeated = duplicates(world.sends()).length
  const failed = world.courier.deliveries().filter(({ status }) => toneOf(status) !== 'good').length
  const tiles: [number, string, boolean][] = [
    [Object.values(world.history.counts()).reduce((sum, count) => sum + count, 0), 'requests', false],
    [world.sends().length, 'messages sent', false],
    [repeated, 'sent more than once', repeated > 0],
    [world.courier.deliveries().length, 'webhook attempts', false],
    [failed, 'of them not taken', failed > 0],
  ]
  const items = tiles.map(
    ([count, label, isBad]) => `<li${isBad ? ' class="bad"' : ''}><b>${count}</b> ${label}</li>`,
  )
  return `<ul class="tiles">${items.join('')}</ul>`
}

function renderFaults({ faults, down }: World): string {
  const items = faults
    .all()
    .map(({ id, vendor, hits, action }) => `${id} ${vendor} ${JSON.stringify(action)}, hit ${hits} times`)
  const all = [...[...down].map((vendor) => `${vendor} is down`), ...items]
  if (all.length === 0) return ''
  return `<section><h2>Faults</h2><ul>${all.map((text) => `<li>${escapeHtml(text)}</li>`).join('')}</ul></section>`
}

function renderVendor(world: World, vendor: Vendor): string {
  const api = world.vendors[vendor]
  const limits = Object.entries(api.limits?.() ?? {}).map(([name, value]) => `${words(name)} ${value}`)
  const target = world.webhooks[vendor]?.url
  const notes = [
    `${world.history.counts()[vendor] ?? 0} requests`,
    ...limits,
    target ? `webhooks go to ${target}` : '',
  ].filter(Boolean)
  const tables = tablesOf(world, vendor, api.state()).map((table) => renderTable(vendor, table))
  return `<section id="${vendor}"><h2>${vendor}</h2><p>${escapeHtml(notes.join(' · '))}</p>${tables.join('')}</section>`
}

function tablesOf(world: World, vendor: Vendor, state: Record<string, unknown>): Rows[] {
  return [
    requestRows(world, vendor),
    {
      title: 'Sent',
      columns: ['Time', 'To', 'What', 'Our reference', 'Accepted'],
      rows: latest(world.vendors[vendor].sends(), (send) => ({
        cells: [
          clock(send.at),
          send.recipient,
          send.template,
          send.correlation,
          send.accepted ? 'yes' : 'no',
        ],
        tone: send.accepted ? 'good' : 'warn',
      })),
    },
    ...(vendor === 'mailchimp' ? mailchimpRows(state) : []),
    {
      title: 'Webhooks',
      columns: ['Time', 'To', 'Answer', 'Attempt'],
      rows: latest(
        world.courier.deliveries().filter((delivery) => delivery.vendor === vendor),
        ({ at, url, status, attempt }) => ({
          cells: [clock(at), url, status || 'none', attempt],
          tone: toneOf(status),
        }),
      ),
    },
  ]
}

function requestRows({ history }: World, vendor: Vendor): Rows {
  return {
    title: 'Requests',
    columns: ['Time', 'Request', 'Status', 'Key', 'Fault'],
    rows: latest(
      history.entries(vendor),
      ({ at, method, path, status, auth, fault }) => ({
        cells: [clock(at), `${method} ${path}`, status ?? 'cut', auth, fault],
        tone: toneOf(status),
      }),
      REQUESTS_SHOWN,
    ),
  }
}

/** Campaigns and the members changed last, as the API shows them. */
function mailchimpRows({ campaigns, members }: Record<string, unknown>): Rows[] {
  return [
    {
      title: 'Campaigns',
      columns: ['Created', 'Title', 'Subject', 'Audience', 'Status', 'Sent'],
      rows: latest(objects(campaigns), (campaign) => {
        const { title, subject_line } = inside(campaign, 'settings')
        const { list_id } = inside(campaign, 'recipients')
        const { create_time, status, emails_sent } = campaign
        return { cells: [clock(create_time), title, subject_line, list_id, status, emails_sent] }
      }),
    },
    {
      title: 'Members changed last',
      columns: ['Time', 'Address', 'Audience', 'Status', 'Tags'],
      rows: latest(objects(members), (member) => {
        const { last_changed, email_address, list_id, status, tags_count } = member
        return { cells: [clock(last_changed), email_address, list_id, status, tags_count] }
      }),
    },
  ]
}

function latest<T>(items: T[], row: (item: T) => Rows['rows'][number], count = OTHERS_SHOWN): Rows['rows'] {
  return items.slice(-count).reverse().map(row)
}

function objects(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function inside(value: Record<string, unknown>, name: string): Record<string, unknown> {
  const part = value[name]
  return isObject(part) ? part : {}
}

/** `perSecondHighest` as people write it. */
function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

/** The time of day (UTC) of an ISO time. */
function clock(at: unknown): string {
  return String(at).slice(11, 23).replace(/\+.*$/, '')
}
