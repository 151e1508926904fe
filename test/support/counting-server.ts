import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface CountingServer {
  url: string
  /** Most requests that were under way at once, and most TCP connections that were open. */
  highest: { underWay: number; connections: number }
  /** When each request came, in ms. */
  arrivals: number[]
  close(): Promise<void>
}

/** A vendor that only counts: every request takes `latencyMs` and is answered as Mailchimp answers a ping. */
export async function startCountingServer(latencyMs: number): Promise<CountingServer> {
  const arrivals: number[] = []
  const highest = { underWay: 0, connections: 0 }
  let underWay = 0
  const server = createServer((_, response) => {
    arrivals.push(performance.now())
    underWay += 1
    highest.underWay = Math.max(highest.underWay, underWay)
    setTimeout(() => {
      underWay -= 1
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"health_status":"well"}')
    }, latencyMs)
  })
  let connections = 0
  server.on('connection', (socket) => {
    connections += 1
    highest.connections = Math.max(highest.connections, connections)
    socket.once('close', () => {
      connections -= 1
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    highest,
    arrivals,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The largest number of arrivals in any span of `ms`. */
export function busiestSpan(arrivals: readonly number[], ms: number): number {
  let first = 0
  let most = 0
  arrivals.forEach((at, index) => {
    while (arrivals[first]! <= at - ms) first += 1
    most = Math.max(most, index - first + 1)
  })
  return most
}
