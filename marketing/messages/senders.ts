import type { JobContext } from '../../ledger/definition.ts'
import type { Senders } from '../../runtime/integrations/accounts.ts'
import type { SendingServices, Services } from '../../runtime/services.ts'

/**
 * The one way to the verbs that write to people. Jobs see accounts without them (`Services`), and `npm run check` keeps
 * `senders(` and the verbs in this folder.
 */
export function sendersOf({
  services,
  job,
}: Pick<JobContext<never, Services>, 'services' | 'job'>): Promise<Senders> {
  return (services as SendingServices).senders(job.workspaceId)
}
