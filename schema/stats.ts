import type { StatPoint } from '../marketing/stats/axis.ts'
import type { Dimension } from '../marketing/stats/bucket-sums.ts'
import type { TopCampaign as CampaignRank, FunnelStep } from '../marketing/stats/funnel.ts'
import type { MetricSeries, RateSeries, StatGroup, StatSeries } from '../marketing/stats/series.ts'
import type { Api } from './api.ts'

/** What statistics look like: points once, and for each group the numbers at these points. */
export function statTypes(api: Api): void {
  const { Stats, Granularity } = api
  const Point = pointType(api)
  const Series = seriesType(api)
  Stats.implement({
    description: 'Numbers for a chart: ordered, without holes, and all counted up to the same moment.',
    fields: (t) => ({
      from: t.expose('from', { description: 'The first day.', type: 'LocalDate' }),
      to: t.expose('to', { type: 'LocalDate', description: 'The last day, included.' }),
      timeZone: t.exposeString('timeZone', { description: 'Whose days and hours these are.' }),
      granularity: t.expose('granularity', { description: 'How long a point is.', type: Granularity }),
      through: t.expose('through', { type: 'DateTime', nullable: true, description: throughText }),
      points: t.expose('points', {
        type: [Point],
        description: 'The points in time; all lists of values below have one value for each.',
      }),
      previousPoints: t.expose('previousPoints', {
        type: [Point],
        nullable: true,
        description:
          'What each point is compared with; null without `compareTo`. May be empty, as 29 February.',
      }),
      total: t.expose('total', { type: Series, description: 'Everything together.' }),
      series: t.expose('series', {
        type: [Series],
        description:
          'One for each group, those with most of the first metric first, the rest together last. Without `groupBy`: the total alone.',
      }),
    }),
  })
  updateType(api)
  funnelTypes(api)
  topCampaignTypes(api)
}

const throughText = 'All that was reported until then is counted; null before the first.'

function pointType({ builder }: Api) {
  return builder.objectRef<StatPoint>('StatPoint').implement({
    description:
      'An hour, day, week or month of the viewer. The first and the last one end where the range does.',
    fields: (t) => ({
      start: t.expose('start', { description: 'When it begins.', type: 'DateTime' }),
      end: t.expose('end', { type: 'DateTime', description: 'Not included.' }),
      day: t.expose('day', { type: 'LocalDate', description: 'The day it begins on.' }),
      local: t.exposeString('local', {
        description: 'What clocks show when it begins, e.g. 2026-10-25T02:00+01:00.',
      }),
    }),
  })
}

function seriesType(api: Api) {
  const { builder, StatMetric, StatRate } = api
  const Metric = builder.objectRef<MetricSeries>('StatMetricSeries').implement({
    description:
      'Counts of one metric. Machines that open and click are in the two fields named after them, and in no other.',
    fields: (t) => ({
      metric: t.expose('metric', { description: 'What is counted.', type: StatMetric }),
      total: t.exposeInt('total', { description: 'All of the range.' }),
      values: t.exposeIntList('values', { description: 'One value a point.' }),
      machineTotal: t.exposeInt('machineTotal', { description: 'How many of the total machines made.' }),
      machineValues: t.exposeIntList('machineValues', {
        description: 'How many of each value machines made.',
      }),
      previousTotal: t.exposeInt('previousTotal', {
        description: 'The total of the range that is compared.',
        nullable: true,
      }),
      previousValues: t.exposeIntList('previousValues', {
        description: 'The values of the range that is compared.',
        nullable: true,
      }),
    }),
  })
  const Rate = builder.objectRef<RateSeries>('StatRateSeries').implement({
    description:
      'A rate as a fraction, 0.25 for 25 %, of people alone; null where there is nothing to divide by.',
    fields: (t) => ({
      rate: t.expose('rate', { description: 'Which rate.', type: StatRate }),
      total: t.exposeFloat('total', {
        nullable: true,
        description: 'Of the whole range; not the mean of the values.',
      }),
      values: t.expose('values', {
        description: 'One rate a point; null where there is nothing to divide by.',
        type: ['Float'],
        nullable: { list: false, items: true },
      }),
      previousTotal: t.exposeFloat('previousTotal', {
        description: 'The rate over the range that is compared.',
        nullable: true,
      }),
      previousValues: t.expose('previousValues', {
        description: 'The rates of the range that is compared.',
        type: ['Float'],
        nullable: { list: true, items: true },
      }),
    }),
  })
  const Group = groupType(api)
  return builder.objectRef<StatSeries>('StatSeries').implement({
    description: 'The numbers of one group.',
    fields: (t) => ({
      group: t.expose('group', { type: Group, nullable: true, description: 'Null: everything together.' }),
      metrics: t.expose('metrics', { description: 'The metrics that were asked for.', type: [Metric] }),
      rates: t.expose('rates', { description: 'The rates that were asked for.', type: [Rate] }),
    }),
  })
}

function groupType({ builder, Campaign, StatChannel }: Api) {
  const named = ({ values }: StatGroup, dimension: Dimension) => values[dimension] || null
  return builder.objectRef<StatGroup>('StatGroup').implement({
    description:
      'What numbers are about. A field is null when it is not known, and when the numbers are not grouped by it.',
    fields: (t) => ({
      isOther: t.exposeBoolean('isOther', { description: 'All groups that are not told apart.' }),
      campaignId: t.id({ nullable: true, resolve: (group) => named(group, 'CAMPAIGN') }),
      campaign: t.field({
        type: Campaign,
        nullable: true,
        resolve: (group, _, { loaders }) => {
          const id = named(group, 'CAMPAIGN')
          return id ? loaders.campaign.load(id) : null
        },
      }),
      channel: t.field({
        type: StatChannel,
        nullable: true,
        resolve: (group) => named(group, 'CHANNEL') as 'EMAIL' | null,
      }),
      source: t.string({
        description: 'Where the leads came from.',
        nullable: true,
        resolve: (group) => named(group, 'SOURCE'),
      }),
      template: t.string({
        description: 'What the messages were sent for.',
        nullable: true,
        resolve: (group) => named(group, 'TEMPLATE'),
      }),
    }),
  })
}

function updateType({ StatsUpdate }: Api): void {
  StatsUpdate.implement({
    description: 'How far facts are counted.',
    fields: (t) => ({
      through: t.expose('through', { type: 'DateTime', nullable: true, description: throughText }),
      cursor: t.exposeString('cursor', { description: 'For `after` of `statsUpdated`.' }),
    }),
  })
}

function funnelTypes({ builder, Funnel, StatMetric }: Api): void {
  const Step = builder.objectRef<FunnelStep>('FunnelStep').implement({
    description: 'One step of a funnel.',
    fields: (t) => ({
      metric: t.expose('metric', { description: 'What the step counts.', type: StatMetric }),
      count: t.exposeInt('count', { description: 'What people did; machines are not in it.' }),
      ofPrevious: t.exposeFloat('ofPrevious', {
        nullable: true,
        description: 'As a fraction of the step before; null where that is 0.',
      }),
      ofFirst: t.exposeFloat('ofFirst', {
        nullable: true,
        description: 'As a fraction of the first step; null where that is 0.',
      }),
    }),
  })
  Funnel.implement({
    description:
      'How much of each step happened in a range. Each step is counted by itself: a message sent before the range may be opened in it, and one lead may get several messages.',
    fields: (t) => ({
      through: t.expose('through', { type: 'DateTime', nullable: true, description: throughText }),
      steps: t.expose('steps', { description: 'Its steps, from the widest.', type: [Step] }),
    }),
  })
}

function topCampaignTypes({ builder, TopCampaigns, Campaign }: Api): void {
  const TopCampaign = builder.objectRef<CampaignRank>('TopCampaign')
  TopCampaigns.implement({
    description: 'The campaigns that did best.',
    fields: (t) => ({
      campaigns: t.expose('campaigns', { description: 'The campaigns, best first.', type: [TopCampaign] }),
    }),
  })
  TopCampaign.implement({
    description: 'A campaign and how it did.',
    fields: (t) => ({
      campaignId: t.exposeID('campaignId'),
      campaign: t.field({
        type: Campaign,
        nullable: true,
        resolve: ({ campaignId }, _, { loaders }) => loaders.campaign.load(campaignId),
      }),
      count: t.exposeInt('count', { description: 'Of the metric, or of what the rate divides.' }),
      rate: t.exposeFloat('rate', { nullable: true, description: 'Null when a metric was asked for.' }),
      sent: t.exposeInt('sent', { description: 'How many messages of it left.' }),
    }),
  })
}
