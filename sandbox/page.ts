import { type Vendor, vendors } from './exchange.ts'
import { duplicates, type Entry } from './history.ts'
import type { World } from './world.ts'

const REQUESTS_SHOWN = 25

/** The page at /_sandbox: what each vendor received, newest first. */
export function renderPage(world: World): string {
  const sends = world.sends()
  const repeated = duplicates(sends)
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Vendor sandbox</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><style>${style}</style></head><body>
<h1>Vendor sandbox</h1>
<p>${sends.length} messages sent; ${repeated.length} recipients got the same one more than once.
Control API: <code>/_sandbox/state</code>, <code>/sends</code>, <code>/requests</code>, <code>/webhooks</code>,
<code>/faults</code>, <code>/settings</code>.</p>
${renderFaults(world)}${vendors.map((vendor) => renderVendor(world, vendor)).join('')}</body></html>`
}

function renderFaults({ faults, down }: World): string {
  const items = faults
    .all()
    .map(({ id, vendor, hits, action }) => `${id} ${vendor} ${JSON.stringify(action)}, hit ${hits} times`)
  const all = [...[...down].map((vendor) => `${vendor} is down`), ...items]
  return all.length === 0
    ? ''
    : `<h2>Faults</h2><ul>${all.map((text) => `<li>${escapeHtml(text)}</li>`).join('')}</ul>`
}

function renderVendor({ history, webhooks }: World, vendor: Vendor): string {
  const count = history.counts()[vendor] ?? 0
  const rows = history.entries(vendor).slice(-REQUESTS_SHOWN).reverse().map(renderRow)
  const hook = webhooks[vendor]
  const told = hook ? `Webhooks go to <code>${escapeHtml(hook.url)}</code>.` : 'No webhooks.'
  const table = `<table><thead><tr><th>Time</th><th>Request</th><th>Status</th><th>Key</th><th>Fault</th></tr></thead>
<tbody>${rows.join('')}</tbody></table>`
  return `<h2>${vendor}</h2><p>${count} requests. ${told}</p>${rows.length === 0 ? '' : table}`
}

function renderRow({ at, method, path, status, auth, fault }: Entry): string {
  const kind = status === null || status >= 500 ? 'bad' : status >= 400 ? 'warn' : 'good'
  const cells = [at.slice(11, 23), `${method} ${path}`, String(status ?? 'cut'), auth, fault ?? '']
  return `<tr class="${kind}">${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}

const style = `:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.2rem .6rem;border-bottom:1px solid #8884;
overflow-wrap:anywhere}h2{margin-top:2rem}td:first-child,td:nth-child(4){white-space:nowrap;font-variant-numeric:tabular-nums}
.bad td:nth-child(3){color:#c33}.warn td:nth-child(3){color:#b70}.good td:nth-child(3){color:#2a7}`
