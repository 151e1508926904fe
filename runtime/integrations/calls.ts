import type { CallReport } from '../../integrations/client.ts'
import type { Gauge } from '../health.ts'

/** Counts this process's calls to vendors, for /metrics. */
export interface CallCounter {
  onCall(report: CallReport): void
  gauges(): Gauge[]
}

interface Count {
  labels: { vendor: string; operation: string; outcome: string }
  calls: number
  ms: number
}

export function countCalls(): CallCounter {
  const counts = new Map<string, Count>()
  return {
    onCall({ vendor, operation, outcome, ms }) {
      const key = `${vendor} ${operation} ${outcome}`
      const count = counts.get(key) ?? { labels: { vendor, operation, outcome }, calls: 0, ms: 0 }
      count.calls += 1
      count.ms += ms
      counts.set(key, count)
    },
    gauges: () =>
      [...counts.values()].flatMap(({ labels, calls, ms }) => [
        { name: 'solaria_vendor_calls', help: 'Calls to vendors since the start', labels, value: calls },
        {
          name: 'solaria_vendor_call_seconds',
          help: 'Time spent in them, waiting for a place included',
          labels,
          value: Math.round(ms) / 1_000,
        },
      ]),
  }
}
