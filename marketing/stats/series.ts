import type { FactMetric } from '../../entities/fact.ts'
import { rateDefinitions, type StatRate } from '../../entities/stat-definitions.ts'
import type { BucketSum, Dimension } from './bucket-sums.ts'

/** Sums folded into what a chart shows. Counts are whole numbers; rates are fractions, null where nothing is to divide by. */

/** One metric of one group. Machines are counted apart: they are in no other number. */
export interface MetricSeries {
  metric: FactMetric
  total: number
  values: number[]
  machineTotal: number
  machineValues: number[]
  previousTotal: number | null
  previousValues: number[] | null
}

export interface RateSeries {
  rate: StatRate
  total: number | null
  values: (number | null)[]
  previousTotal: number | null
  previousValues: (number | null)[] | null
}

/** What numbers are about. */
export interface StatGroup {
  /** All groups that are not told apart. */
  isOther: boolean
  /** By dimension; '' where it is not known. */
  values: Partial<Record<Dimension, string>>
}

export interface StatSeries {
  /** Null: everything together. */
  group: StatGroup | null
  metrics: MetricSeries[]
  rates: RateSeries[]
}

/** Counts by point, of metrics by name; machines' under the name with a star. */
export type Counts = Map<string, number[]>

const nameOf = (metric: FactMetric, bot: boolean) => (bot ? `${metric}*` : metric)

/** Adds sums to counts of so many points. */
export function addSums(counts: Counts, points: number, sums: readonly BucketSum[]): Counts {
  for (const { point, metric, bot, count } of sums) {
    const name = nameOf(metric, bot)
    const values = counts.get(name) ?? new Array<number>(points).fill(0)
    values[point]! += count
    counts.set(name, values)
  }
  return counts
}

/** Sums by the key of their group. */
export function byGroup(sums: readonly BucketSum[]): Map<string, BucketSum[]> {
  const groups = new Map<string, BucketSum[]>()
  for (const sum of sums) {
    const group = groups.get(sum.key)
    if (group) group.push(sum)
    else groups.set(sum.key, [sum])
  }
  return groups
}

const sumOf = (values: readonly number[] = []) => values.reduce((total, value) => total + value, 0)

/** What people did of a metric. */
export const countOf = (sums: readonly BucketSum[], wanted: FactMetric) =>
  sumOf(sums.flatMap(({ metric, bot, count }) => (metric === wanted && !bot ? [count] : [])))

/** `of / per`; null where nothing is to divide by. */
export const ratio = (of: number, per: number) => (per > 0 ? of / per : null)

/** What is shown of a group. */
export interface Shown {
  metrics: readonly FactMetric[]
  rates: readonly StatRate[]
  points: number
}

/** Turns counts into the series of one group. `before` holds the counts to compare with. */
export function seriesOf(
  { metrics, rates, points }: Shown,
  group: StatGroup | null,
  now: Counts,
  before: Counts | undefined,
): StatSeries {
  const zeros = new Array<number>(points).fill(0)
  const people = (counts: Counts, metric: FactMetric) => counts.get(metric) ?? zeros
  const rateOf = (counts: Counts, rate: StatRate) => {
    const { of, per } = rateDefinitions[rate]
    const [above, below] = [people(counts, of), people(counts, per)]
    return {
      total: ratio(sumOf(above), sumOf(below)),
      values: above.map((value, point) => ratio(value, below[point]!)),
    }
  }
  return {
    group,
    metrics: metrics.map((metric) => {
      const machineValues = now.get(nameOf(metric, true)) ?? zeros
      return {
        metric,
        total: sumOf(people(now, metric)),
        values: people(now, metric),
        machineTotal: sumOf(machineValues),
        machineValues,
        previousTotal: before ? sumOf(people(before, metric)) : null,
        previousValues: before ? people(before, metric) : null,
      }
    }),
    rates: rates.map((rate) => {
      const previous = before && rateOf(before, rate)
      return {
        rate,
        ...rateOf(now, rate),
        previousTotal: previous?.total ?? null,
        previousValues: previous?.values ?? null,
      }
    }),
  }
}
