import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startRedis, startServices, stopServices } from './index.ts'
import { ask } from './net.ts'
import { isAlive } from './pids.ts'

let dataDir: string

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'services-'))
})
afterEach(async () => {
  await stopServices(dataDir)
  rmSync(dataDir, { recursive: true })
})

const say = async (port: number, words: string) => (await ask(port, `${words}\r\n`)).toString().trim()

test('those who ask for one folder at once share a server, and the last to leave stops it', async () => {
  const [one, other] = await Promise.all([startRedis(dataDir), startRedis(dataDir)])
  const { pid } = one
  expect(other.pid).toBe(pid)
  await one.release()
  expect(isAlive(pid)).toBe(true)
  await other.release()
  expect(isAlive(pid)).toBe(false)
})

test('a server that is kept outlives its users until it is stopped by name', async () => {
  const redis = await startRedis(dataDir, true)
  const { pid } = redis
  await redis.release()
  expect(isAlive(pid)).toBe(true)
  await stopServices(dataDir)
  expect(isAlive(pid)).toBe(false)
})

test('a stopped server comes back on its port with its data', async () => {
  const redis = await startRedis(dataDir)
  const { pid, port } = redis
  await say(port, 'SET greeting hello')
  await redis.stop()
  await expect(say(port, 'PING')).rejects.toThrow('ECONNREFUSED')
  await redis.start()
  expect([redis.pid === pid, redis.port]).toEqual([false, port])
  expect(await say(port, 'GET greeting')).toBe('$5\r\nhello')
  await redis.release()
})

test('a server killed by force is noticed, and the next who asks starts a new one', async () => {
  const redis = await startRedis(dataDir)
  const { pid } = redis
  await redis.stop('SIGKILL')
  const next = await startRedis(dataDir)
  expect(next.pid).not.toBe(pid)
  await next.release()
  await redis.release()
})

test('servers given by URL are used as they are, and nothing is started', async () => {
  const databaseUrl = 'mysql://user:secret@db.example/solaria'
  const services = await startServices({ dataDir, databaseUrl, redisUrl: 'redis://cache.example' })
  expect(services.databaseUrl).toBe(databaseUrl)
  expect(services.redisUrl).toBe('redis://cache.example')
  expect(services.pids).toEqual({})
  await services.stop()
})
