import { count } from './setting.ts'

const days = (fallback: number, min = 1) => count(fallback, min, 36_500)

/** How long things are kept; `retention.prune` deletes what is older. */
export const retentionSettings = {
  RETENTION_DAYS: days(400).describe('Days a finished job stays in the ledger'),
  RETENTION_EVENTS_DAYS: days(730).describe('Days the lines of timelines of leads and campaigns are kept'),
  RETENTION_RECEIPTS_DAYS: days(90, 7).describe(
    'Days what vendors reported by webhook is kept after it was applied; vendors repeat reports for some days',
  ),
  RETENTION_FACTS_DAYS: days(400, 7).describe('Days single facts are kept; the statistics made of them stay'),
}
