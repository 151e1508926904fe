import type { Em } from '../entities/index.ts'
import type { Dispatcher } from '../ledger/dispatcher.ts'
import type { Queues } from '../queue/queues.ts'
import type { Gauge } from './health.ts'

/** Jobs in Redis by name and state, and how far the rows are behind. */
export async function queueGauges(queues: Queues, dispatcher?: Dispatcher): Promise<Gauge[]> {
  const perQueue = await Promise.all(queues.names.map((name) => countGauges(queues, name)))
  return [...perQueue.flat(), ...(dispatcher ? dispatcherGauges(dispatcher) : [])]
}

const jobsHelp = 'Open jobs in Redis by name and state, and dead ones in the ledger'

/** Jobs that are dead, by name, as the ledger has them: what Redis remembers as failed may have succeeded since. */
export async function deadGauges(em: Em): Promise<Gauge[]> {
  const rows = await em.execute<{ name: string; n: number }[]>(
    `select j.name, count(*) as n from workspace w straight_join job j use index (job_state)
       on j.workspace_id = w.id and j.state = 'DEAD' group by j.name`,
  )
  return rows.map(({ name, n }) => ({
    name: 'solaria_jobs',
    help: jobsHelp,
    labels: { name, state: 'dead' },
    value: Number(n),
  }))
}

async function countGauges(queues: Queues, name: string): Promise<Gauge[]> {
  const counts = await queues.counts(name)
  const { prioritized = 0, waiting = 0, active = 0, delayed = 0 } = counts
  const open = {
    waiting: waiting + prioritized,
    active,
    delayed,
    'waiting-children': counts['waiting-children'] ?? 0,
  }
  return Object.entries(open).map(([state, value]) => ({
    name: 'solaria_jobs',
    help: jobsHelp,
    labels: { name, state },
    value,
  }))
}

function dispatcherGauges(dispatcher: Dispatcher): Gauge[] {
  const lag = Object.entries(dispatcher.lag()).map(([queue, value]) => ({
    name: 'solaria_projection_lag_ms',
    help: 'Age of the newest applied event when it was applied',
    labels: { queue },
    value,
  }))
  return [
    {
      name: 'solaria_dispatcher_leading',
      help: '1 in the process that leads',
      value: Number(dispatcher.leadership() === 'LEADING'),
    },
    ...lag,
  ]
}
