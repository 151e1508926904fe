import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** When a connection ends: before the server sees the statement, while it works on it, or after it has answered. */
export type CutMoment = 'before' | 'meanwhile' | 'answered'

export interface CuttingProxy {
  url: string
  /** Ends the connection of the next statement that fits. Resolves when that has happened. */
  cut(statement: RegExp, moment: CutMoment): Promise<void>
  close(): Promise<void>
}

/** Stands between a client and MariaDB, and ends connections at the moment that is asked for. */
export async function startCuttingProxy(databaseUrl: string): Promise<CuttingProxy> {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  let armed: { statement: RegExp; moment: CutMoment; done: () => void } | undefined

  function join(client: Socket): void {
    const server = connect(Number(target.port), target.hostname)
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    }
    let answer: (() => void) | undefined
    client.on('data', (chunk) => {
      const hit = armed?.statement.test(chunk.toString('latin1')) ? armed : undefined
      if (!hit) return void server.write(chunk)
      armed = undefined
      answer = () => {
        client.destroy()
        server.destroy()
        hit.done()
      }
      if (hit.moment === 'before') answer()
      else server.write(chunk, () => hit.moment === 'meanwhile' && server.end(answer))
    })
    server.on('data', (chunk) => (answer ? answer() : client.write(chunk)))
    client.on('close', () => server.end())
    server.on('close', () => client.destroy())
  }

  const listener = createServer(join).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const url = new URL(databaseUrl)
  url.hostname = '127.0.0.1'
  url.port = String((listener.address() as AddressInfo).port)
  return {
    url: url.href,
    cut: (statement, moment) =>
      new Promise((done) => {
        armed = { statement, moment, done }
      }),
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => listener.close(resolve))
    },
  }
}
