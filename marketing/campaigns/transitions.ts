import type { CampaignState } from '../../entities/campaign.ts'

/** Who moves a campaign on: `US` is a person by our API or our own job, `MAILCHIMP` is what a sync sees there. */
export type Mover = 'US' | 'MAILCHIMP'

type Steps = Partial<Record<CampaignState, readonly Mover[]>>

/**
 * Which state may follow which, and who may cause it. We decide what is intended (schedule, cancel, edit again), Mailchimp
 * decides what has happened (sending, sent). A campaign may be sent though it was cancelled: the cancellation came too
 * late, and what Mailchimp has done is the truth.
 */
const legal: Record<CampaignState, Steps> = {
  DRAFT: {
    SCHEDULED: ['US', 'MAILCHIMP'],
    SENDING: ['MAILCHIMP'],
    SENT: ['MAILCHIMP'],
    PAUSED: ['MAILCHIMP'],
    CANCELLED: ['US', 'MAILCHIMP'],
  },
  SCHEDULED: {
    DRAFT: ['US', 'MAILCHIMP'],
    SENDING: ['MAILCHIMP'],
    SENT: ['MAILCHIMP'],
    PAUSED: ['MAILCHIMP'],
    CANCELLED: ['US', 'MAILCHIMP'],
    // Mailchimp refused the time or the content; see `reason`.
    FAILED: ['US'],
  },
  SENDING: {
    SENT: ['MAILCHIMP'],
    PAUSED: ['MAILCHIMP'],
    CANCELLED: ['US', 'MAILCHIMP'],
  },
  PAUSED: {
    DRAFT: ['US', 'MAILCHIMP'],
    SCHEDULED: ['US', 'MAILCHIMP'],
    SENDING: ['MAILCHIMP'],
    SENT: ['MAILCHIMP'],
    CANCELLED: ['US', 'MAILCHIMP'],
  },
  SENT: {},
  CANCELLED: {
    SENDING: ['MAILCHIMP'],
    SENT: ['MAILCHIMP'],
  },
  FAILED: {
    DRAFT: ['US'],
    SCHEDULED: ['US', 'MAILCHIMP'],
    SENDING: ['MAILCHIMP'],
    SENT: ['MAILCHIMP'],
    PAUSED: ['MAILCHIMP'],
    CANCELLED: ['US', 'MAILCHIMP'],
  },
}

/** A campaign cannot go from this state to that one, or not by this side. */
export class InvalidTransitionError extends Error {
  override readonly name = 'InvalidTransitionError'
  readonly code = 'INVALID_TRANSITION'
  readonly errorClass = 'PERMANENT'
  readonly from: CampaignState
  readonly to: CampaignState

  constructor(from: CampaignState, to: CampaignState, by: Mover) {
    const side = by === 'US' ? 'here' : 'at Mailchimp'
    super(`A campaign that is ${from} cannot become ${to} ${side}`)
    this.from = from
    this.to = to
  }
}

/** Whether a campaign may go from one state to another by this side. */
export function mayMove(from: CampaignState, to: CampaignState, by: Mover): boolean {
  return legal[from][to]?.includes(by) ?? false
}

/** Lets a legal transition pass. @throws InvalidTransitionError */
export function checkMove(from: CampaignState, to: CampaignState, by: Mover): void {
  if (!mayMove(from, to, by)) throw new InvalidTransitionError(from, to, by)
}
