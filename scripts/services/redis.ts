import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ask } from './net.ts'
import type { Server } from './server.ts'

/** Redis as BullMQ needs it: never evicts, and keeps its data over a restart. */
export const redis: Server = {
  name: 'redis',
  program: { names: ['redis-server', 'valkey-server'], packages: ['redis-server'], variable: 'REDIS_URL' },
  startLimitMs: 30_000,
  async prepare({ dir }) {
    mkdirSync(join(dir, 'data'), { recursive: true })
  },
  args: ({ dir, port }) => [
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', join(dir, 'data')],
    ...['--save', '', '--appendonly', 'yes', '--appendfsync', 'everysec'],
    ...['--maxmemory-policy', 'noeviction'],
  ],
  async ping({ port }, pid) {
    const answer = (await ask(port, 'PING\r\n')).toString()
    // While it reads its data back it answers "-LOADING …".
    if (!answer.startsWith('+PONG')) throw new Error(`Redis answered ${answer.trim()}`)
    const about = (await ask(port, 'INFO server\r\n')).toString()
    if (!about.includes(`process_id:${pid}\r\n`)) throw new Error(`Another Redis has port ${port}`)
  },
  url: ({ port }) => `redis://127.0.0.1:${port}`,
}
