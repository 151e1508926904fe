import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Checks by name; each throws when its part is not usable, and may tell in a word how it is. */
export type Checks = Record<string, () => unknown>

export interface Readiness {
  ready: boolean
  /** Per check `ok`, or the word it told, or why it failed. */
  checks: Record<string, string>
}

/** Runs all checks. */
export async function readiness(checks: Checks): Promise<Readiness> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => ({ name, ...(await outcome(check)) })),
  )
  return {
    ready: results.every(({ passed }) => passed),
    checks: Object.fromEntries(results.map(({ name, text }) => [name, text])),
  }
}

async function outcome(check: Checks[string]): Promise<{ passed: boolean; text: string }> {
  try {
    const word = await check()
    return { passed: true, text: typeof word === 'string' ? word : 'ok' }
  } catch (error) {
    return { passed: false, text: (error as { code?: string }).code ?? (error as Error).name }
  }
}

/** Fails when something takes longer than `ms`. */
export async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(
      () => reject(Object.assign(new Error(`took longer than ${ms} ms`), { code: 'TIMEOUT' })),
      ms,
    ).unref()
  })
  await Promise.race([work, late])
}

export type Gauges = () => Promise<Gauge[]> | Gauge[]
export interface Gauge {
  name: string
  help: string
  labels?: Record<string, string>
  value: number
}

/** Gauges in the text format of Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/). */
function expose(gauges: Gauge[]): string {
  const byName = Map.groupBy(gauges, ({ name }) => name)
  return [...byName]
    .map(
      ([name, group]) =>
        `# HELP ${name} ${group[0]!.help}\n# TYPE ${name} gauge\n${group.map(line).join('\n')}\n`,
    )
    .join('')
}

function line({ name, labels = {}, value }: Gauge): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}=${JSON.stringify(text)}`)
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`
}

/** Memory and uptime of this process. */
export function processGauges(app: string): Gauge[] {
  return [
    {
      name: 'solaria_process_resident_bytes',
      help: 'Memory of the process',
      labels: { app },
      value: process.memoryUsage.rss(),
    },
    {
      name: 'solaria_process_uptime_seconds',
      help: 'Age of the process',
      labels: { app },
      value: Math.round(process.uptime()),
    },
  ]
}

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown

/** Answers with the gauges of this process. */
export function metricsRoute(gauges: Gauges): Handler {
  return async (_request, response) => {
    const text = expose(await gauges())
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(text)
  }
}

/** Routes every process answers: /healthz (alive), /readyz (can work; 503 with reasons when not), /metrics. */
export function healthRoutes(checks: Checks, gauges: Gauges): Record<string, Handler> {
  const json = (response: ServerResponse, status: number, body: unknown) =>
    response
      .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
      .end(JSON.stringify(body))
  return {
    '/healthz': (_request, response) => json(response, 200, { alive: true }),
    '/readyz': async (_request, response) => {
      const result = await readiness(checks)
      json(response, result.ready ? 200 : 503, result)
    },
    '/metrics': metricsRoute(gauges),
  }
}

async function answer(handler: Handler, request: IncomingMessage, response: ServerResponse): Promise<void> {
  await handler(request, response)
}

/** Serves the health routes of a process that has no other door. */
export async function startHealth(
  host: string,
  port: number,
  routes: Record<string, Handler>,
): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    const handler = routes[new URL(request.url ?? '/', 'http://localhost').pathname]
    if (!handler) response.writeHead(404).end()
    else answer(handler, request, response).catch(() => response.writeHead(503).end())
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
