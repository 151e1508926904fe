import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A keep-alive HTTP connection that sends one request at a time; far cheaper than `fetch`, as load shares the machine with what it loads. */
export interface HttpConnection {
  /** Sends a GraphQL request. @returns the body of the answer */
  post(body: string): Promise<string>
  close(): void
}

interface Pending {
  resolve(body: string): void
  reject(error: Error): void
}

/** Opens a connection to a GraphQL endpoint. */
export async function openHttp(url: string, key: string): Promise<HttpConnection> {
  const { hostname, port, pathname } = new URL(url)
  const socket = connect(Number(port), hostname).setNoDelay(true)
  await once(socket, 'connect')
  const head = `POST ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nAccept: application/json\r\n`
  let pending: Pending | undefined
  readAnswers(socket, (status, body) => {
    if (status === 200) pending?.resolve(body)
    else pending?.reject(new Error(`The API answered ${status}: ${body}`))
  })
  socket.on('error', (error) => pending?.reject(error))
  socket.on('close', () => pending?.reject(new Error('The API closed the connection')))
  return {
    post: (body) =>
      new Promise((resolve, reject) => {
        pending = { resolve, reject }
        socket.write(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
      }),
    close: () => socket.destroy(),
  }
}

/** Calls `answer` for each response. Bodies are ASCII here, and have a length or come in chunks. */
function readAnswers(socket: Socket, answer: (status: number, body: string) => void): void {
  let text = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk
    const end = text.indexOf('\r\n\r\n')
    if (end < 0) return
    const head = text.slice(0, end)
    const body = bodyOf(head, text.slice(end + 4))
    if (body === undefined) return
    text = ''
    answer(Number(head.slice(9, 12)), body)
  })
}

function bodyOf(head: string, rest: string): string | undefined {
  const length = /^content-length: *(\d+)/im.exec(head)?.[1]
  if (length !== undefined) return rest.length >= Number(length) ? rest : undefined
  return rest.endsWith('0\r\n\r\n') ? rest.replace(/(^|\r\n)[0-9a-f]+\r\n/gi, '') : undefined
}
