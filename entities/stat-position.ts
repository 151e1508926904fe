import { defineEntity, p } from '@mikro-orm/core'
import { code, time } from './columns.ts'

/**
 * How far statistics have come. FACTS: all facts up to `factId` are in `stat_hour`. JOBS: all jobs up to `at` are in
 * `job_stat_hour`. GATE: whoever appends facts holds its row shared until the commit, so that whoever holds it alone
 * knows that no fact with a lower id is still to come. PRUNED: facts that occurred before `at` may be gone.
 */
type StatPositionName = 'FACTS' | 'JOBS' | 'GATE' | 'PRUNED'

const StatPositionSchema = defineEntity({
  name: 'StatPosition',
  tableName: 'stat_position',
  properties: {
    name: code(16).$type<StatPositionName>().primary(),
    factId: p.bigint(),
    at: time(),
  },
})

export class StatPosition extends StatPositionSchema.class {}
StatPositionSchema.setClass(StatPosition)
