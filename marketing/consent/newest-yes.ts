import type { Em } from '../../entities/index.ts'
import { Lead } from '../../entities/lead.ts'
import type { Channel } from '../../entities/message.ts'
import { consentColumns } from './statement.ts'

/** When one of these leads last agreed to a channel; undefined when none of them agrees now. */
export async function newestYes(
  em: Em,
  channel: Channel,
  leadIds: readonly string[],
): Promise<Date | undefined> {
  const { state, at } = consentColumns[channel]
  const agreed = await em.find(
    Lead,
    { id: { $in: [...leadIds] }, [state]: 'GRANTED', [at]: { $ne: null } },
    { fields: [at], orderBy: { [at]: 'desc' }, limit: 1, disableIdentityMap: true },
  )
  return agreed[0]?.[at] ?? undefined
}
