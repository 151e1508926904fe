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
  const known = base ? base[field] : undefined
  const winner = winnerOf(known, ours[field], theirs[field], stage)
  if (isConflict(known, ours[field], theirs[field], stage))
    result.conflicts.push({ field, ours: ours[field], mailchimp: theirs[field], winner })
  if (winner === 'OURS') result.push.push(field)
  else {
    result.pull.push(field)
    Object.assign(result.merged, { [field]: theirs[field] })
  }
}

type Value = string | null

/** Whether values that differ were changed on both sides. `base` is undefined when both were never equal. */
function isConflict(base: Value | undefined, ours: Value, theirs: Value, stage: TwinStage): boolean {
  return base !== ours && (base !== theirs || stage === 'SENT')
}

/** Whose of two values that differ stays. `base` is undefined when both were never equal. */
export function winnerOf(
  base: Value | undefined,
  ours: Value,
  theirs: Value,
  stage: TwinStage,
): ConflictWinner {
  if (isConflict(base, ours, theirs, stage)) return stage === 'DRAFT' ? 'OURS' : 'MAILCHIMP'
  return base !== ours ? 'OURS' : 'MAILCHIMP'
}
