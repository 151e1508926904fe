// For tests: a real mail server (npm `smtp-server`) that keeps what it is sent and can be told to refuse it.

import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { promisify } from 'node:util'
import { SMTPServer, type SMTPServerDataStream, type SMTPServerOptions } from 'smtp-server'

interface ReceivedMail {
  from: string
  to: string[]
  /** The mail as it came, unfolded. */
  source: string
  /** Who logged in. */
  user: string | undefined
  encrypted: boolean
}

export interface MailServerStub {
  host: string
  mails: ReceivedMail[]
  /** Number of connections that are open. */
  open(): Promise<number>
  /** Cuts every connection. */
  cut(): void
  [Symbol.asyncDispose](): Promise<void>
}

/** For STARTTLS and TLS on this machine; the key is known to everybody. */
export const TEST_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIUY7PkJc84qfQ35Y1B/n/1CYWBslswCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNDA4MTA1OFoYDzIxMjYxMDMx
MDgxMDU4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQA02TDKL/I2Yyt37upmSbiN06MIxDBEfXRX9dWbHR42REfodemLSU9
keXFeDWd72zddHkD47G6XnIlSSyXlnnSo28wbTAdBgNVHQ4EFgQUnAinhE2+EFhL
j/eN18lI0rR7TF4wHwYDVR0jBBgwFoAUnAinhE2+EFhLj/eN18lI0rR7TF4wDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDRwAwRAIgQcArnhwjISPLDgP4LjwXpKvWkbxxd56V3fN5d+5UiykCIHdw
DX8/xWhFHvfAV/SuScSglwN/8fTxChSm+yQraPiR
-----END CERTIFICATE-----`

const TEST_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgCNDCc359jMEeYn4k
rNN5FfjVBg2IHUORvHG1cAFzqxKhRANCAAQA02TDKL/I2Yyt37upmSbiN06MIxDB
EfXRX9dWbHR42REfodemLSU9keXFeDWd72zddHkD47G6XnIlSSyXlnnS
-----END PRIVATE KEY-----`

/** Starts it on a free port. It offers STARTTLS and takes every login unless `options` say otherwise. */
export async function startMailServer(options: SMTPServerOptions = {}): Promise<MailServerStub> {
  const mails: ReceivedMail[] = []
  const sockets = new Set<Socket>()
  const server = new SMTPServer({
    cert: TEST_CERTIFICATE,
    key: TEST_KEY,
    authOptional: true,
    disableReverseLookup: true,
    closeTimeout: 0,
    onAuth: ({ username }, _session, callback) => callback(null, { user: username }),
    onData(stream, session, callback) {
      void textOf(stream).then((source) => {
        const { envelope, user, secure } = session
        const from = envelope.mailFrom ? envelope.mailFrom.address : ''
        const to = envelope.rcptTo.map(({ address }) => address)
        mails.push({ from, to, source: source.replace(/\r\n[ \t]/g, ' '), user, encrypted: secure })
        callback(null)
      })
    },
    ...options,
  })
  // Connections that are cut on purpose.
  server.on('error', () => undefined)
  server.server.on('connection', (socket: Socket) => void sockets.add(socket))
  const listener = server.listen(0, '127.0.0.1')
  await new Promise((resolve) => listener.once('listening', resolve))
  return {
    host: `127.0.0.1:${(listener.address() as AddressInfo).port}`,
    mails,
    open: () => promisify(listener.getConnections.bind(listener))(),
    cut() {
      for (const socket of sockets) socket.destroy()
    },
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => server.close(resolve))
    },
  }
}

async function textOf(stream: SMTPServerDataStream): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** An error that makes the server answer with this reply. */
export function reply(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode })
}

type Moment = 'EHLO' | 'MAIL FROM' | 'RCPT TO' | 'DATA' | 'content'
const usual: Record<Moment, string> = {
  EHLO: '250 script',
  'MAIL FROM': '250 OK',
  'RCPT TO': '250 OK',
  DATA: '354 Go ahead',
  content: '250 OK',
}

/** A server that says what it is told to, or nothing, for what a real one cannot be brought to. It takes one connection. */
export async function startScript(answers: Partial<Record<Moment, () => unknown>>): Promise<{
  host: string
  /** All it was sent, once the connection is closed. */
  heard(): Promise<string>
  [Symbol.asyncDispose](): Promise<void>
}> {
  let heard = ''
  const closed = Promise.withResolvers<void>()
  const server = createServer((socket) => {
    socket.write('220 script\r\n')
    socket.on('error', () => undefined).on('close', () => closed.resolve())
    socket.on('data', (chunk) => {
      const text = chunk.toString()
      heard += text
      const moment = Object.keys(usual).find((each) => text.startsWith(each)) as Moment | undefined
      const answer = answers[moment ?? 'content']
      const line = answer ? answer() : usual[moment ?? 'content']
      if (typeof line === 'string') socket.write(`${line}\r\n`)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard: () => closed.promise.then(() => heard),
    [Symbol.asyncDispose]: () => new Promise((resolve) => void server.close(() => resolve())),
  }
}
