import type { JobContext } from '../ledger/definition.ts'
import type { Accounts } from '../runtime/integrations/accounts.ts'
import type { Services } from '../runtime/services.ts'

/** Whether the workspace of a job has an account of this kind, let in or not. */
export async function isConnected(
  { services, job }: Pick<JobContext<never, Services>, 'services' | 'job'>,
  role: keyof Accounts,
): Promise<boolean> {
  const accounts = await services.accounts(job.workspaceId)
  try {
    return accounts[role] !== undefined
  } catch (error) {
    if ((error as { code?: string }).code === 'NOT_CONNECTED') return false
    throw error
  }
}
