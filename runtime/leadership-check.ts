import type { LeadershipState } from '../ledger/leader.ts'

/** How a dispatcher's leadership shows in its health: one that stands by is well, one that is kept from leading is not. */
export function leadershipCheck(state: LeadershipState): string {
  if (state === 'BLOCKED')
    throw Object.assign(new Error('Something else holds the lock of the dispatcher'), { code: 'CANNOT_LEAD' })
  return state.toLowerCase()
}
