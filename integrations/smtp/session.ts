// One SMTP session per mail. A pool of connections is not used: nodemailer's sends a mail again by itself when its
// connection is lost.

import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import SMTPConnection, { type SMTPConnectionSendInfo } from 'nodemailer/lib/smtp-connection'
import type { OutgoingMail } from './message.ts'

export interface MailServer {
  host: string
  port: number
  /** TLS from the first byte; else STARTTLS, where the server offers it. */
  secure: boolean
  login: { user: string; pass: string } | undefined
}

/**
 * Reads `smtp://user:password@host:587` or `smtps://user:password@host:465`; anything after the port is ignored.
 * @returns undefined when it is not such an address
 */
export function parseServer(url: string): MailServer | undefined {
  try {
    const { protocol, hostname, port, username, password } = new URL(url)
    const secure = protocol === 'smtps:'
    if (hostname === '' || (!secure && protocol !== 'smtp:')) return undefined
    const [user, pass] = [decodeURIComponent(username), decodeURIComponent(password)]
    return {
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port) || (secure ? 465 : 587),
      secure,
      login: user === '' ? undefined : { user, pass },
    }
  } catch {
    return undefined
  }
}

/**
 * Connects, logs in, lets `work` use the connection and says goodbye. It fails with nodemailer's errors; when the signal
 * ends, the socket is closed at once and it fails with the signal's reason.
 */
export async function inSession<T>(
  server: MailServer,
  signal: AbortSignal,
  work: (connection: SMTPConnection) => Promise<T>,
): Promise<T> {
  const { host, port, secure, login } = server
  // A password never travels in the clear: without TLS there is no login.
  const requireTLS = !secure && login !== undefined
  const connection = new SMTPConnection({ host, port, secure, requireTLS, socketCloseTimeout: 0 })
  const broken = whenBroken(connection, signal)
  try {
    await Promise.race([broken.promise, open(connection, login)])
    return await Promise.race([broken.promise, work(connection)])
  } finally {
    broken.forget()
    await leave(connection)
  }
}

/** Rejects when the connection is lost or the signal ends. */
function whenBroken(
  connection: SMTPConnection,
  signal: AbortSignal,
): { promise: Promise<never>; forget(): void } {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = () => {
    reject(signal.reason)
    connection.close()
  }
  connection.on('error', reject)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort)
  return { promise, forget: () => signal.removeEventListener('abort', abort) }
}

async function open(connection: SMTPConnection, login: MailServer['login']): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    connection.connect((error) => (error ? reject(error) : resolve()))
  })
  if (!login) return
  await new Promise<void>((resolve, reject) => {
    connection.login({ ...login }, (error) => (error ? reject(error) : resolve()))
  })
}

/** The connection counts at the server until it is closed, so we wait a moment for the server's goodbye. */
async function leave(connection: SMTPConnection): Promise<void> {
  if (connection.destroyed) return
  const goodbye = new Promise<void>((resolve) => connection.once('end', resolve))
  connection.quit()
  await Promise.race([goodbye, sleep(1_000, undefined, { ref: false })])
  connection.close()
}

/** Sends one mail over an open session. `onContent` is called when the mail itself begins to leave. */
export async function deliver(
  connection: SMTPConnection,
  { envelope, content }: OutgoingMail,
  onContent: () => void,
): Promise<SMTPConnectionSendInfo> {
  const stream = new Readable({
    read() {
      onContent()
      this.push(content)
      this.push(null)
    },
  })
  return new Promise((resolve, reject) => {
    connection.send(envelope, stream, (error, info) => {
      if (!error) return resolve(info)
      // A server that answers before the end of the mail would take our goodbye for a part of it.
      if (stream.readableDidRead) connection.close()
      reject(error)
    })
  })
}
