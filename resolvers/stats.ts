import { InvalidCursorError, InvalidInputError } from '../ledger/errors.ts'
import { showDay } from '../marketing/stats/calendar.ts'
import { type Measure, readFunnel, readTopCampaigns } from '../marketing/stats/funnel.ts'
import { readStats } from '../marketing/stats/stats.ts'
import type { Api } from '../schema/api.ts'
import type { ArgFields } from '../schema/builder.ts'
import { readRange, readStatsArgs, readTop } from './stat-input.ts'

/** Reading statistics, and being told when there are new ones. */
export function statQueries(api: Api): void {
  const range = rangeArgs(api)
  statsQuery(api, range)
  funnelQuery(api, range)
  topCampaignsQuery(api, range)
  statsUpdated(api)
}

/** Arguments all of them take. */
function rangeArgs({ builder, StatChannel }: Api) {
  const StatRange = builder.inputType('StatRange', {
    description: 'Days of the viewer’s calendar, both included.',
    fields: (t) => ({
      from: t.field({ description: 'The first day.', type: 'LocalDate', required: true }),
      to: t.field({ description: 'The last day.', type: 'LocalDate', required: true }),
    }),
  })
  const StatFilter = builder.inputType('StatFilter', {
    description: 'What is counted; every condition given must hold.',
    fields: (t) => ({
      campaignIds: t.idList({ description: 'Only of these campaigns.' }),
      channels: t.field({ type: [StatChannel] }),
      sources: t.stringList({ description: 'Only of leads from these sources.' }),
      templates: t.stringList({ description: 'Only of messages sent for one of these, e.g. welcome.' }),
    }),
  })
  return (t: ArgFields) => ({
    range: t({ type: StatRange, required: true }),
    timeZone: t.string({
      description: 'Whose days these are, e.g. Europe/Berlin. Default: the workspace’s.',
    }),
    filter: t({ type: StatFilter }),
  })
}

type RangeArgs = ReturnType<typeof rangeArgs>

function statsQuery(api: Api, range: RangeArgs): void {
  const { builder, Stats, StatMetric, StatRate, StatDimension, StatComparison, Granularity } = api
  builder.queryField('stats', (t) =>
    t.field({
      type: Stats,
      description:
        'Metrics and rates over time, for charts. At most 2,000 points, and 20,000 points times groups; docs/statistics.md defines every number.',
      authScopes: { permission: 'leads:read' },
      args: {
        ...range(t.arg),
        granularity: t.arg({ type: Granularity, description: 'Default: DAY.' }),
        metrics: t.arg({ type: [StatMetric], description: 'Default: all.' }),
        rates: t.arg({ type: [StatRate], description: 'Default: all.' }),
        groupBy: t.arg({ type: [StatDimension], description: 'None, one or two. Default: none.' }),
        compareTo: t.arg({ type: StatComparison, description: 'Which days to compare with.' }),
        top: t.arg.int({
          description:
            'How many groups are told apart, those with most of the first metric; the rest is one group. 1 to 50, default 50.',
        }),
      },
      errors: { types: [InvalidInputError] },
      resolve: async (_, args, context) => {
        const request = await readStatsArgs(context, args)
        const { zone: timeZone, granularity } = request
        const [from, to] = [showDay(request.range.from), showDay(request.range.to)]
        return { ...(await readStats(context.em, request)), from, to, timeZone, granularity }
      },
    }),
  )
}

function funnelQuery({ builder, Funnel }: Api, range: RangeArgs): void {
  builder.queryField('funnel', (t) =>
    t.field({
      type: Funnel,
      description: 'From leads that were created to those that replied.',
      authScopes: { permission: 'leads:read' },
      args: range(t.arg),
      errors: { types: [InvalidInputError] },
      resolve: async (_, args, context) => readFunnel(context.em, await readRange(context, args)),
    }),
  )
}

/** Of fewer messages than these a rate says little: 1 of 1 must not win. */
const enoughSent = 100

function topCampaignsQuery({ builder, TopCampaigns, StatMetric, StatRate }: Api, range: RangeArgs): void {
  builder.queryField('topCampaigns', (t) =>
    t.field({
      type: TopCampaigns,
      description: 'The campaigns with most of a metric, or with the highest rate, in a range.',
      authScopes: { permission: 'leads:read' },
      args: {
        ...range(t.arg),
        metric: t.arg({ type: StatMetric, description: 'Either this or `rate`.' }),
        rate: t.arg({ type: StatRate, description: 'Either this or `metric`.' }),
        minimumSent: t.arg.int({
          description: `Campaigns that sent less in the range are left out. Default: ${enoughSent} for a rate, 0 for a metric.`,
        }),
        top: t.arg.int({ description: 'How many. 1 to 50, default 10.' }),
      },
      errors: { types: [InvalidInputError] },
      resolve: async (_, { metric, rate, minimumSent, top, ...args }, context) => {
        const measure = measureOf(metric, rate)
        const request = { ...(await readRange(context, args)), measure, first: readTop(top) }
        const minimum = minimumSent ?? ('rate' in measure ? enoughSent : 0)
        return { campaigns: await readTopCampaigns(context.em, { ...request, minimumSent: minimum }) }
      },
    }),
  )
}

type Named<Key extends 'metric' | 'rate'> = Extract<Measure, Record<Key, unknown>>[Key] | null | undefined

function measureOf(metric: Named<'metric'>, rate: Named<'rate'>): Measure {
  if (metric && !rate) return { metric }
  if (rate && !metric) return { rate }
  throw new InvalidInputError([{ path: 'metric', message: 'either a metric or a rate was expected' }])
}

function statsUpdated({ builder, StatsUpdate }: Api): void {
  builder.subscriptionField('statsUpdated', (t) =>
    t.field({
      type: StatsUpdate,
      description:
        'How far statistics are, first as it is now, then whenever something new is counted: then ask `stats` again. With `after`, the cursor of the last one seen, what was seen is not sent again.',
      authScopes: { permission: 'leads:read' },
      args: { after: t.arg.string() },
      subscribe: (_, { after }, { statUpdates }) => {
        if (after && !/^\d{1,19}-\d{1,15}$/.test(after)) throw new InvalidCursorError()
        return statUpdates.subscribe(after ?? undefined)
      },
      resolve: (position) => position,
    }),
  )
}
