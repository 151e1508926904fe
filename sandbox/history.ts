import type { Send, Vendor } from './exchange.ts'

/** One request as it was received; status null = the connection was cut instead of an answer. */
export type Entry = {
  vendor: Vendor
  method: string
  path: string
  status: number | null
  auth: string
  fault: string | null
  at: string
}

const ENTRIES_KEPT = 1000

/** The last thousand requests, and how many there were of each vendor. */
export function createHistory() {
  const entries: Entry[] = []
  const counts: Partial<Record<Vendor, number>> = {}
  return {
    add(entry: Entry) {
      counts[entry.vendor] = (counts[entry.vendor] ?? 0) + 1
      entries.push(entry)
      if (entries.length > ENTRIES_KEPT * 2) entries.splice(0, ENTRIES_KEPT)
    },
    entries: (vendor: string | null) =>
      entries.slice(-ENTRIES_KEPT).filter((entry) => vendor === null || entry.vendor === vendor),
    counts: () => ({ ...counts }),
  }
}

/** Recipients who got the same template (or text) more than once. */
export function duplicates(sends: Send[]) {
  const accepted = sends.filter((send) => send.accepted)
  const groups = Object.groupBy(accepted, ({ vendor, recipient, template }) =>
    JSON.stringify([vendor, recipient.toLowerCase(), template]),
  )
  return Object.values(groups).flatMap((group = []) => {
    const [first] = group
    if (!first || group.length < 2) return []
    const { vendor, recipient, template } = first
    const correlations = group.map((send) => send.correlation)
    return [
      { vendor, recipient, template, count: group.length, correlations, ids: group.map((send) => send.id) },
    ]
  })
}
