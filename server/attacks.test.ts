import { createHash } from 'node:crypto'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { z } from 'zod'
import { defineJobFor } from '../ledger/definition.ts'
import { type Api, startApi } from '../test/support/api.ts'
import { addressOf } from './address.ts'
import { readBytes } from './body.ts'
import { BodyRefused } from './body-budget.ts'

const nothing = defineJobFor<unknown>()({
  name: 'nothing.run',
  description: 'Does nothing. '.repeat(500),
  input: z.object({}),
  async run() {},
})

let api: Api
beforeAll(async () => {
  api = await startApi(
    [nothing],
    {
      TRUSTED_PROXIES: 1,
      SOCKET_INIT_BYTES: 2_000,
      SOCKET_INIT_SECONDS: 1,
      SOCKET_BUFFER_BYTES: 50_000,
      MAX_UNSIGNED_SOCKETS_PER_ADDRESS: 3,
      MAX_BODIES_BYTES: 1_000_000,
      MAX_BODIES_BYTES_PER_ADDRESS: 600_000,
      BODY_SECONDS: 2,
    },
    {
      routes: {
        // Takes bodies from anybody, as the addresses for webhooks do.
        '/hooks/': async (request, response) => {
          try {
            await readBytes(request, 8_000_000)
            response.end()
          } catch (error) {
            response.setHeader('Connection', 'close')
            response.writeHead(error instanceof BodyRefused ? error.status : 500).end()
          }
        },
      },
    },
  )
})
afterAll(() => api.close())

const open = async (from: string) => {
  const socket = new WebSocket(api.url.replace('http', 'ws'), 'graphql-transport-ws', {
    headers: { 'x-forwarded-for': from },
  })
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  const refused = new Promise<Error>((resolve) => socket.once('error', resolve))
  const opened = new Promise<'open'>((resolve) => socket.once('open', () => resolve('open')))
  return { socket, closed, answer: await Promise.race([opened, refused.then(({ message }) => message)]) }
}

describe('a WebSocket that has not signed in', () => {
  test('is closed when it sends more than signing in takes, before its message is complete', async () => {
    const { socket, closed } = await open('10.0.0.1')
    socket.send(`{"type":"ping","payload":{"x":"${'x'.repeat(400_000)}"}}`)
    expect(await closed).toBe(1009)
  })

  test('is closed when it does not sign in, and an address has only so many of them', async () => {
    const first = await Promise.all([open('10.0.0.2'), open('10.0.0.2'), open('10.0.0.2')])
    expect((await open('10.0.0.2')).answer).toContain('503')
    const other = await open('10.0.0.3')
    expect(other.answer).toBe('open')
    expect(await Promise.all([...first, other].map(({ closed }) => closed))).toEqual([4408, 4408, 4408, 4408])
    const again = await api.world.until('a place is free again', async () => {
      const { answer, socket } = await open('10.0.0.2')
      socket.terminate()
      return answer === 'open'
    })
    expect(again).toBe(true)
  })
})

/** A WebSocket client that signs in, sends what it is given, and never reads. */
async function deafSocket(message: (id: number) => object): Promise<void> {
  const { port } = new URL(api.url)
  const socket: Socket = connect(Number(port), '127.0.0.1')
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('error', () => undefined)
  const key = createHash('md5').update('key').digest('base64')
  socket.write(
    `GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\nX-Forwarded-For: 10.0.0.9\r\n\r\n`,
  )
  await new Promise((resolve) => socket.once('data', resolve))
  socket.pause()
  let open = true
  socket.once('close', () => {
    open = false
  })
  const send = (value: object) => socket.write(frame(JSON.stringify(value)))
  send({ type: 'connection_init', payload: { authorization: `Bearer ${api.keys.ADMIN}` } })
  for (let id = 0; open; id++) {
    send(message(id))
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await closed
}

/** A text frame as clients send it: masked, here with zeros. */
function frame(text: string): Buffer {
  const body = Buffer.from(text)
  const head = Buffer.alloc(14)
  head[0] = 0x81
  head[1] = 0x80 | 127
  head.writeBigUInt64BE(BigInt(body.length), 2)
  return Buffer.concat([head, body])
}

describe('a WebSocket that has signed in', () => {
  test('gets a pong without what it sent when that is long', async () => {
    const { socket } = await open('10.0.0.4')
    const next = () =>
      new Promise<string>((resolve) => socket.once('message', (data) => resolve(String(data))))
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: api.keys.ADMIN } }))
    expect(JSON.parse(await next())).toEqual({ type: 'connection_ack' })
    socket.send(JSON.stringify({ type: 'ping', payload: { x: 'short' } }))
    expect(JSON.parse(await next())).toEqual({ type: 'pong', payload: { x: 'short' } })
    socket.send(JSON.stringify({ type: 'ping', payload: { x: 'x'.repeat(500_000) } }))
    expect(JSON.parse(await next())).toEqual({ type: 'pong' })
    socket.terminate()
  })

  test('ends when it asks on and on and never reads', async () => {
    const aliases = Array.from({ length: 40 }, (_, index) => `d${index}: jobDefinitions { name description }`)
    const query = `{ ${aliases.join(' ')} }`
    await deafSocket((id) => ({ id: String(id), type: 'subscribe', payload: { query } }))
  })
})

/** A request that announces a body of so many bytes and sends all but the last of them. */
function stall(from: string, bytes: number, path = '/hooks/x') {
  const answer = Promise.withResolvers<number>()
  const request = httpRequest(`${api.server.url}${path}`, {
    method: 'POST',
    headers: { 'content-length': bytes + 1, 'x-forwarded-for': from },
  })
  request.on('response', (response: IncomingMessage) => {
    response.resume()
    answer.resolve(response.statusCode!)
  })
  request.on('error', () => answer.resolve(0))
  request.write(Buffer.alloc(bytes))
  return { request, status: answer.promise }
}

describe('request bodies', () => {
  test('that stall are given up, and what they held is free again', async () => {
    const slow = stall('10.1.0.1', 300_000)
    expect(await slow.status).toBe(408)
    slow.request.destroy()
  })

  test('of one address, and of all, have only so much room; small ones get through all the same', async () => {
    const greedy = [stall('10.1.0.2', 500_000), stall('10.1.0.2', 500_000)]
    expect(await Promise.race(greedy.map(({ status }) => status))).toBe(429)
    const others = [stall('10.1.0.3', 500_000), stall('10.1.0.4', 500_000), stall('10.1.0.5', 500_000)]
    expect(await Promise.race(others.map(({ status }) => status))).toBe(503)
    const small = await fetch(`${api.server.url}/hooks/x`, {
      method: 'POST',
      body: 'x'.repeat(5_000),
      headers: { 'x-forwarded-for': '10.1.0.2' },
    })
    expect(small.status).toBe(200)
    for (const { request } of [...greedy, ...others]) request.destroy()
    await api.world.until('there is room again', async () => {
      const { status } = await fetch(`${api.server.url}/hooks/x`, {
        method: 'POST',
        body: 'x'.repeat(500_000),
        headers: { 'x-forwarded-for': '10.1.0.2' },
      })
      return status === 200
    })
  })
})

test('the address of a caller is what the outermost trusted proxy saw, whatever was written before it', () => {
  const from = (forwarded: string | undefined, remoteAddress: string) =>
    ({ headers: { 'x-forwarded-for': forwarded }, socket: { remoteAddress } }) as unknown as IncomingMessage
  expect(addressOf(from('1.1.1.1, 2.2.2.2', '127.0.0.1'), 0)).toBe('127.0.0.1')
  expect(addressOf(from('1.1.1.1, 2.2.2.2', '127.0.0.1'), 1)).toBe('2.2.2.2')
  expect(addressOf(from(undefined, '::ffff:3.3.3.3'), 1)).toBe('3.3.3.3')
  expect(addressOf(from(undefined, '2001:db8:1:2:3:4:5:6'), 0)).toBe('2001:db8:1:2')
})
