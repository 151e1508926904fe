import type { EmailSender, FoundEmail } from '../../integrations/email.ts'
import { coalesce } from '../../ledger/coalesce.ts'

interface Question {
  messageId: string
  since: Date
}

type Search = (question: Question) => Promise<FoundEmail | undefined>

/** A search answers so many questions. */
const maxBatch = 100
const searchMs = 30_000

const searches = new WeakMap<EmailSender, Search>()

/** Looks a message up at its vendor. Jobs that ask at the same time share one search: Mandrill allows 20 a minute. */
export function searchOf(email: EmailSender): Search | undefined {
  if (!email.findByMetadata) return undefined
  const known = searches.get(email) ?? coalesce((questions) => ask(email, questions), { maxBatch, lanes: 1 })
  searches.set(email, known)
  return known
}

async function ask(email: EmailSender, questions: Question[]): Promise<(FoundEmail | undefined)[]> {
  const values = questions.map(({ messageId }) => messageId)
  const since = new Date(Math.min(...questions.map((question) => question.since.getTime())))
  const query = { key: 'delivery_id', values, since }
  const found = await email.findByMetadata!(query, { signal: AbortSignal.timeout(searchMs) })
  return values.map((value) => found.get(value))
}
