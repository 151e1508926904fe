import type { Fact } from '../entities/fact.ts'
import { metricDefinitions, rateDefinitions, type StatRate } from '../entities/stat-definitions.ts'
import type { Comparison, Granularity } from '../marketing/stats/axis.ts'
import type { Dimension } from '../marketing/stats/bucket-sums.ts'
import type { Builder } from './builder.ts'
import { described } from './enums.ts'

const rates = Object.fromEntries(
  Object.entries(rateDefinitions).map(([rate, { of, per, text }]) => [rate, `${text} ${of} / ${per}.`]),
) as Record<StatRate, string>

const granularities: Record<Granularity, string> = {
  HOUR: 'Hours of the viewer’s clock; one that clocks show twice is two points.',
  DAY: 'Days of the viewer, of 23 or 25 hours where clocks are changed.',
  WEEK: 'Weeks, from Monday.',
  MONTH: 'Months of the calendar.',
}

const comparisons: Record<Comparison, string> = {
  PREVIOUS_PERIOD: 'As many days, right before.',
  PREVIOUS_YEAR: 'The same days of the calendar, one year before.',
}

const dimensions: Record<Dimension, string> = {
  CAMPAIGN: 'The campaign the message or the lead belongs to.',
  CHANNEL: 'How the message went.',
  SOURCE: 'Where the lead came from.',
  TEMPLATE: 'What the message was sent for, e.g. welcome.',
}

const channels: Record<NonNullable<Fact['channel']>, string> = {
  EMAIL: 'E-mail.',
  WHATSAPP: 'WhatsApp.',
  CRM: 'A CRM or an audience; nobody gets a message there.',
}

/** The enums of statistics. */
export function defineStatEnums(builder: Builder) {
  return {
    StatMetric: builder.enumType('StatMetric', {
      description: 'What statistics count.',
      values: described(metricDefinitions),
    }),
    StatRate: builder.enumType('StatRate', {
      description: 'One metric divided by another.',
      values: described(rates),
    }),
    Granularity: builder.enumType('Granularity', {
      description: 'How long a point of a series is.',
      values: described(granularities),
    }),
    StatComparison: builder.enumType('StatComparison', {
      description: 'Which range a range is compared with.',
      values: described(comparisons),
    }),
    StatDimension: builder.enumType('StatDimension', {
      description: 'What statistics can be broken down by.',
      values: described(dimensions),
    }),
    StatChannel: builder.enumType('StatChannel', {
      description: 'By which channel it happened.',
      values: described(channels),
    }),
  }
}
