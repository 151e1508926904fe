import type { Dispatcher } from '../ledger/dispatcher.ts'
import type { Queues } from '../queue/queues.ts'
import type { Gauge } from './health.ts'

/** Jobs in Redis by name and state, and how far the rows are behind. */
export async function queueGauges(queues: Queues, dispatcher?: Dispatcher): Promise<Gauge[]> {
  const perQueue = await Promise.all(queues.names.map((name) => countGauges(queues, name)))
  return [...perQueue.flat(), ...(dispatcher ? dispatcherGauges(dispatcher) : [])]
}

async function countGauges(queues: Queues, name: string): Promise<Gauge[]> {
  const counts = await queues.counts(name)
  return Object.entries(counts).map(([state, value]) => ({
    name: 'solaria_jobs',
    help: 'Jobs in Redis by name and state',
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
