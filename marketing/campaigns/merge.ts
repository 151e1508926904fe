import type { SyncedContent, SyncedField } from '../../entities/campaign.ts'
import type { ConflictWinner } from '../../entities/campaign-event.ts'
import type { FieldConflict } from '../../entities/campaign-sync-item.ts'

/**
 * The three-way merge of a campaign and its twin at Mailchimp, field by field over what both held when they were last
 * equal. A field changed on one side only: that side wins. Changed on both, to different values: a conflict. What wins
 * then depends on how far the twin is, because Mailchimp lets nobody edit a campaign that is on its way:
 * - `DRAFT`: our side wins
 * - `SCHEDULED`: Mailchimp's side wins; a change of ours alone is still carried over (it is unscheduled for that)
 * - `SENT` (or being sent): nothing can be carried over any more, so Mailchimp's side wins over any change of ours
 */
export type TwinStage = 'DRAFT' | 'SCHEDULED' | 'SENT'

export interface Merge {
  /** What both sides are to hold. */
  merged: SyncedContent
  /** Fields to be changed here. */
  pull: SyncedField[]
  /** Fields to be changed at Mailchimp. */
  push: SyncedField[]
  conflicts: FieldConflict[]
}

export const syncedFields = [
  'name',
  'subject',
  'previewText',
  'fromName',
  'replyTo',
  'html',
  'scheduledAt',
] as const satisfies readonly SyncedField[]

/**
 * Merges both sides. Pure.
 * @param base what both held when they were last equal; null when they never were: then every difference is a conflict
 */
export function merge(
  base: SyncedContent | null,
  ours: SyncedContent,
  theirs: SyncedContent,
  stage: TwinStage,
): Merge {
  const result: Merge = { merged: { ...ours }, pull: [], push: [], conflicts: [] }
  for (const field of syncedFields) mergeField(result, field, base, ours, theirs, stage)
  return result
}

function mergeField(
  result: Merge,
  field: SyncedField,
  base: SyncedContent | null,
  ours: SyncedContent,
  theirs: SyncedContent,
  stage: TwinStage,
): void {
  if (ours[field] === theirs[field]) return
  const weChanged = !base || base[field] !== ours[field]
  const theyChanged = !base || base[field] !== theirs[field]
  const inConflict = weChanged && (theyChanged || stage === 'SENT')
  const winner: ConflictWinner = winnerOf(weChanged, inConflict, stage)
  if (inConflict) result.conflicts.push({ field, ours: ours[field], mailchimp: theirs[field], winner })
  if (winner === 'OURS') result.push.push(field)
  else {
    result.pull.push(field)
    Object.assign(result.merged, { [field]: theirs[field] })
  }
}

function winnerOf(weChanged: boolean, inConflict: boolean, stage: TwinStage): ConflictWinner {
  if (inConflict) return stage === 'DRAFT' ? 'OURS' : 'MAILCHIMP'
  return weChanged ? 'OURS' : 'MAILCHIMP'
}
