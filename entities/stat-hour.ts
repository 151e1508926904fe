import { defineEntity, p } from '@mikro-orm/core'
import { code, id, time } from './columns.ts'
import type { FactMetric } from './fact.ts'

/**
 * Facts of one UTC hour, counted. What a fact does not have is '' here, so that the key holds. The four quarters of the
 * hour are counted apart, because the days of some time zones (India, Nepal) begin within a UTC hour.
 */
const StatHourSchema = defineEntity({
  name: 'StatHour',
  tableName: 'stat_hour',
  properties: {
    workspaceId: id().primary(),
    /** Start of the hour in UTC. */
    hourAt: time().primary(),
    metric: code(16).$type<FactMetric>().primary(),
    channel: code(16).primary(),
    campaignId: id().primary(),
    template: code(64).primary(),
    source: p.string().length(100).primary(),
    bot: p.boolean().primary(),
    q0: p.integer(),
    q1: p.integer(),
    q2: p.integer(),
    q3: p.integer(),
  },
})

export class StatHour extends StatHourSchema.class {}
StatHourSchema.setClass(StatHour)
