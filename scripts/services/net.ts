import { connect, createServer } from 'node:net'

const HOST = '127.0.0.1'

// Below the range from which systems take the local ports of outgoing connections: a client that keeps trying to reach
// a stopped server on a port inside that range ends up connected to itself, and the server cannot come back.
const FIRST = 20_000
const COUNT = 10_000

/** A free port on 127.0.0.1: the preferred one or one of the nine after it, else a random one from 20000 to 29999. */
export async function findFreePort(preferred?: number): Promise<number> {
  const near = preferred === undefined ? [] : Array.from({ length: 10 }, (_, index) => preferred + index)
  const far = Array.from({ length: 100 }, () => FIRST + Math.floor(Math.random() * COUNT))
  for (const port of [...near, ...far]) {
    if (await isFree(port)) return port
  }
  throw new Error(`No free port found between ${FIRST} and ${FIRST + COUNT - 1} on ${HOST} in 100 tries.`)
}

/** Could a server listen there now? */
export function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, HOST, () => server.close(() => resolve(true)))
  })
}

/** Connects, says `question` (if any) and gives the first bytes of the answer. Rejects when none comes. */
export function ask(port: number, question = '', timeoutMs = 1000): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: HOST, timeout: timeoutMs })
    const fail = (why: string) => reject(new Error(`127.0.0.1:${port} ${why}`))
    socket.once('connect', () => socket.write(question))
    socket.once('data', (answer) => resolve(answer))
    socket.once('timeout', () => fail(`gave no answer in ${timeoutMs} ms`))
    socket.once('error', (error) => fail(error.message))
    socket.once('close', () => fail('closed the connection without an answer'))
    socket.once('data', () => socket.destroy())
    socket.once('timeout', () => socket.destroy())
  })
}
