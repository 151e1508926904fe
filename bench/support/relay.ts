import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { QueueEvents } from 'bullmq'
import { WebSocketServer } from 'ws'
import { openRedis, peerRedisUrl } from './services.ts'

/** The floor of live events: QueueEvents to WebSocket and nothing between. A client sends a job id to subscribe to it. */

const [queue = ''] = process.argv.slice(2)
const subscribers = new Map<string, { send(text: string): void }>()
const events = new QueueEvents(queue, { connection: openRedis(peerRedisUrl) })
events.on('progress', ({ jobId, data }) => subscribers.get(jobId)?.send(JSON.stringify({ jobId, data })))
events.on('error', (error) => console.error(error))
await events.waitUntilReady()

const server = createServer()
new WebSocketServer({ server }).on('connection', (socket) => {
  socket.on('message', (id) => subscribers.set(String(id), socket))
})
process.on('message', () => process.send?.((server.address() as AddressInfo).port))
server.listen(0, '127.0.0.1', () => process.send?.('ready'))
