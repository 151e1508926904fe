import { once } from 'node:events'
import { Queue } from 'bullmq'
import { type Client, createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { leadCreated } from '../../workers/lead.created.ts'
import { type Child, startChild } from './child.ts'
import { now } from './clock.ts'
import { remark } from './report.ts'
import { openRedis, peerRedisUrl } from './services.ts'
import { type Behaviour, jobName, type System } from './system.ts'

/** Called with the time a report was made (support/clock.ts) when it has arrived. */
export type OnReport = (at: number) => void

/** Live reports of jobs, the product's or the floor's: jobs are made and subscribed to, then a worker runs them. */
export interface LiveFeed {
  startWorker(behaviour: Behaviour, concurrency: number): Promise<Child>
  close(): Promise<void>
}

/** Subscriptions one connection may hold by default. */
const perSocket = 50

const subscription = `subscription ($ids: [ID!]) { jobEvents(filter: { ids: $ids }) {
  __typename ... on JobEvent { type state progress } ... on JobEventsSnapshot { jobs { id state } } } }`

interface Message {
  jobEvents?: { __typename: string; type?: string; progress?: { at: number } }
}

/** Jobs of the product, each with a subscription of its own over graphql-ws; resolves when all of them are live. */
export async function subscribeOurs(system: System, jobs: number, onReport: OnReport): Promise<LiveFeed> {
  const ids = await makeJobs(system, jobs)
  const clients: Client[] = []
  for (let from = 0; from < jobs; from += perSocket) {
    const client = createClient({
      url: system.url.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      lazy: false,
      retryAttempts: 0,
      connectionParams: { authorization: `Bearer ${system.key}` },
    })
    clients.push(client)
    await Promise.all(ids.slice(from, from + perSocket).map((id) => subscribe(client, id, onReport)))
  }
  return {
    startWorker: (behaviour, concurrency) => system.startWorker(behaviour, concurrency),
    close: async () => {
      for (const client of clients) await client.dispose()
    },
  }
}

async function makeJobs({ ledger, actor }: System, jobs: number): Promise<string[]> {
  const requests = Array.from({ length: jobs }, () => ({
    definition: leadCreated,
    input: { leadId: 'lead_bench' },
    actor,
  }))
  const outcomes = await ledger.transaction((em) => ledger.enqueueIn(em, requests))
  return outcomes.map((outcome) => {
    if (outcome instanceof Error) throw outcome
    return outcome.job.id
  })
}

/** Resolves with the snapshot, which each subscription begins with. */
function subscribe(client: Client, id: string, onReport: OnReport): Promise<void> {
  return new Promise((resolve, reject) => {
    client.subscribe<Message>(
      { query: subscription, variables: { ids: [id] } },
      {
        next: ({ data, errors }) => {
          if (errors) return reject(new Error(JSON.stringify(errors)))
          const event = data?.jobEvents
          if (event?.__typename === 'JobEventsSnapshot') resolve()
          else if (event?.type === 'PROGRESS' && event.progress) onReport(event.progress.at)
        },
        error: (error) => reject(error instanceof Error ? error : new Error(JSON.stringify(error))),
        complete: () => undefined,
      },
    )
  })
}

/** The same with a bare BullMQ worker, QueueEvents and `ws`. */
export async function subscribeFloor(jobs: number, onReport: OnReport): Promise<LiveFeed> {
  const redis = openRedis(peerRedisUrl)
  await redis.flushdb()
  const queue = new Queue(jobName, { connection: redis })
  const relay = await startChild('bench/support/relay.ts', { args: [jobName] })
  const port = await relay.ask<number>('port')
  const added = await queue.addBulk(
    Array.from({ length: jobs }, () => ({ name: jobName, data: { leadId: 'lead_bench' } })),
  )
  const sockets: WebSocket[] = []
  for (let from = 0; from < jobs; from += perSocket) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`)
    await once(socket, 'open')
    socket.on('message', (text) => onReport((JSON.parse(String(text)) as { data: { at: number } }).data.at))
    for (const { id } of added.slice(from, from + perSocket)) socket.send(id!)
    sockets.push(socket)
  }
  return {
    startWorker: (behaviour, concurrency) =>
      startChild('bench/support/bare-worker.ts', { args: [jobName, behaviour, String(concurrency)] }),
    close: async () => {
      for (const socket of sockets) socket.terminate()
      await relay.stop()
      await queue.close()
      redis.disconnect()
    },
  }
}

/** How long reports took, in ms, in the order in which they came. */
export interface Delays {
  onReport: OnReport
  delays: number[]
  /** Resolves when all have come, or none has for 30 s. */
  all(): Promise<void>
}

/** Collects the delays of so many reports. */
export function collectDelays(expected: number): Delays {
  const delays: number[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  let silence: NodeJS.Timeout | undefined
  return {
    delays,
    onReport: (at) => {
      delays.push(now() - at)
      silence?.refresh()
      if (delays.length === expected) resolve()
    },
    all: async () => {
      silence = setTimeout(resolve, 30_000)
      await promise
      clearTimeout(silence)
      if (delays.length < expected) remark(`${delays.length} of ${expected} reports arrived`)
    },
  }
}
