import type { CallContext } from '../../integrations/client.ts'
import type { Mailchimp } from '../../integrations/mailchimp/verbs.ts'

/** The owner seldom changes it, and a lead more or less asked once more does no harm. */
const freshMs = 300_000

const known = new WeakMap<Mailchimp, { until: number; answer: Promise<boolean> }>()

/** Whether the audience asks people to confirm. Read once in five minutes, not once per lead. */
export function asksToConfirm(mailchimp: Mailchimp, call: CallContext): Promise<boolean> {
  const entry = known.get(mailchimp)
  if (entry && entry.until > Date.now()) return entry.answer
  const answer = mailchimp.audience(call).then(({ doubleOptIn }) => doubleOptIn)
  known.set(mailchimp, { until: Date.now() + freshMs, answer })
  answer.catch(() => known.delete(mailchimp))
  return answer
}
