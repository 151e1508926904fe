import type { Stage } from './system.ts'
import { until } from './world.ts'

/** Leads for stories: each with an e-mail address, a phone number and consent, so each gets both messages. */
export const leadInput = (n: number) => ({
  email: `lead${n}@example.com`,
  phone: `+34${String(61_001_234 + n).padStart(9, '6')}`,
  firstName: `Lead ${n}`,
  locale: 'es',
  emailConsent: 'GRANTED',
  whatsappConsent: 'GRANTED',
})

const createLeadsMutation = `mutation ($leads: [LeadInput!]!) {
  createLeads(input: { leads: $leads }) { __typename ... on CreateLeadsPayload { items { outcome job { id } } } ... on Error { message } }
}`

/** Creates leads by the API; returns the ids of their jobs. */
export async function createLeads(system: Stage, from: number, count: number): Promise<string[]> {
  const leads = Array.from({ length: count }, (_, index) => leadInput(from + index))
  const { createLeads: answer } = await system.ask<{
    createLeads: { items?: { outcome: string; job: { id: string } }[]; message?: string }
  }>(createLeadsMutation, { leads })
  if (!answer.items) throw new Error(`createLeads: ${JSON.stringify(answer)}`)
  return answer.items.map(({ job }) => job.id)
}

/** Waits until all jobs are final; returns how many ended in which state. */
export async function untilFinal(system: Stage, ids: string[], ms = 90_000): Promise<Record<string, number>> {
  return until(
    'all jobs are final',
    async () => {
      const rows = await system.orm.em
        .fork()
        .execute<{ state: string }[]>(
          `select state from job where id in (${ids.map(() => '?').join(', ')})`,
          ids,
        )
      const open = rows.filter(({ state }) => !['COMPLETED', 'DEAD', 'CANCELLED'].includes(state))
      if (open.length > 0) return undefined
      return Object.fromEntries(
        [...Map.groupBy(rows, ({ state }) => state)].map(([state, group]) => [state, group.length]),
      )
    },
    ms,
  )
}

/** Waits until at least so many jobs run. */
export function untilRunning(system: Stage, count: number): Promise<true> {
  return until(`${count} jobs run`, async () => {
    const [row] = await system.orm.em
      .fork()
      .execute<{ n: number }[]>("select count(*) as n from job where state = 'ACTIVE'")
    return Number(row?.n) >= count || undefined
  })
}

export interface Watch {
  /** Types of events by job, in order. */
  seen: Map<string, string[]>
  /** Messages of other kinds, in order. */
  others: string[]
  cursor: string | undefined
  /** Ends when the socket does, or `stop` is called. */
  ended: Promise<void>
  stop(): void
}

const watchSubscription = `subscription ($after: String, $filter: JobFilter) {
  jobEvents(after: $after, filter: $filter) {
    __typename
    ... on JobEvent { cursor type jobId }
    ... on JobEventsSnapshot { cursor jobs { id state } }
    ... on JobEventsGap { cursor reason }
  }
}`

interface Payload {
  jobEvents: {
    __typename: string
    cursor: string
    type: string
    jobId: string
    jobs?: { id: string; state: string }[]
  }
}

/** Watches jobs over WebSocket as a browser would. A snapshot counts as an event of each of its jobs. */
export function watchJobs(
  system: Stage,
  options: { after?: string | undefined; filter?: unknown } = {},
): Watch {
  const socket = system.socket()
  const watch: Watch = {
    seen: new Map(),
    others: [],
    cursor: options.after,
    ended: Promise.resolve(),
    stop: () => void socket.dispose(),
  }
  const note = (id: string, what: string) => watch.seen.set(id, [...(watch.seen.get(id) ?? []), what])
  watch.ended = new Promise((resolve) => {
    socket.subscribe<Payload>(
      { query: watchSubscription, variables: { after: options.after, filter: options.filter } },
      {
        next: ({ data }) => {
          const message = data!.jobEvents
          watch.cursor = message.cursor
          if (message.__typename === 'JobEvent') return note(message.jobId, message.type)
          watch.others.push(message.__typename)
          for (const job of message.jobs ?? []) note(job.id, job.state)
        },
        error: () => resolve(),
        complete: () => resolve(),
      },
    )
  })
  return watch
}

/** Waits until the watcher has seen every job end. */
export function untilSeen(watch: Watch, ids: string[], ms = 90_000): Promise<true> {
  const isFinal = (events: string[] = []) =>
    events.some((event) => ['COMPLETED', 'DEAD', 'CANCELLED'].includes(event))
  return until(
    'the watcher has seen all jobs end',
    () => ids.every((id) => isFinal(watch.seen.get(id))) || undefined,
    ms,
  )
}

/** Attempts that are shown as running although their job is done, and jobs that are done without an attempt that did it. */
export async function wrongHistories(system: Stage, ids: readonly string[]): Promise<unknown[]> {
  const marks = ids.map(() => '?').join(', ')
  return system.orm.em.fork().execute(
    `select j.id, j.state, group_concat(a.number, a.outcome order by a.number) as attempts from job j
     left join job_attempt a on a.job_id = j.id and a.run = j.run where j.id in (${marks}) group by j.id, j.state
     having attempts is null or attempts like '%RUNNING%' or (j.state = 'COMPLETED' and attempts not like '%COMPLETED%')`,
    [...ids],
  )
}
