import type { FactMetric } from '../../entities/fact.ts'
import type { Em } from '../../entities/index.ts'
import { inTransaction } from '../../ledger/sql.ts'
import { appendFacts, type NewFact, sourceEvent } from '../../marketing/facts.ts'

/** A month of made-up facts: what an agency's mails and messages bring in. */

const days = 30
const messagesPerDay = 120
const dayMs = 86_400_000
const batch = 500

/** Of so many messages, which share comes to this; each after the one before it. */
const course: readonly [FactMetric, share: number, afterMs: number][] = [
  ['SENT', 1, 0],
  ['DELIVERED', 0.97, 4_000],
  ['OPENED', 0.45, 3_600_000],
  ['CLICKED', 0.3, 60_000],
  ['REPLIED', 0.2, 7_200_000],
]
/** What a person does for the first time counts once more. */
const firsts: Partial<Record<FactMetric, FactMetric>> = { OPENED: 'UNIQUE_OPENED', CLICKED: 'UNIQUE_CLICKED' }
const sources = ['landing page', 'trade fair', 'referral', null]

/**
 * Appends the facts of the last 30 days in a random order, and a tenth of them twice, as vendors repeat themselves.
 * @param run names their source events, so that each run adds its own
 * @returns how many different ones there are
 */
export async function addMonth(fork: () => Em, workspaceId: string, run: string): Promise<number> {
  const until = Math.floor(Date.now() / dayMs) * dayMs
  const facts = Array.from({ length: days * messagesPerDay }, (_, number) =>
    courseOf(workspaceId, run, number, until - (number % days) * dayMs - Math.floor(Math.random() * dayMs)),
  ).flat()
  const told = shuffled([...facts, ...facts.filter(() => Math.random() < 0.1)])
  for (let from = 0; from < told.length; from += batch)
    await inTransaction(fork, (em) => appendFacts(em, told.slice(from, from + batch)))
  return facts.length
}

function courseOf(workspaceId: string, run: string, number: number, sentAt: number): NewFact[] {
  const isEmail = number % 3 > 0
  const facts: NewFact[] = []
  let at = sentAt
  for (const [metric, share, afterMs] of course) {
    if (Math.random() >= share) break
    at += Math.floor(afterMs * (0.5 + Math.random()))
    const bot = metric === 'OPENED' && Math.random() < 0.1
    const first = bot ? undefined : firsts[metric]
    for (const counted of first ? [metric, first] : [metric])
      facts.push({
        workspaceId,
        metric: counted,
        channel: isEmail ? 'EMAIL' : 'WHATSAPP',
        occurredAt: new Date(at),
        sourceEvent: sourceEvent('demo', run, String(number), counted.toLowerCase()),
        source: sources[number % sources.length] ?? null,
        template: 'welcome',
        bot,
      })
  }
  return facts
}

/** In an order drawn at random (Fisher and Yates). */
function shuffled<T>(items: T[]): T[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1))
    ;[items[last], items[other]] = [items[other]!, items[last]!]
  }
  return items
}
