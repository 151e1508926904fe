import type { FactMetric } from '../../entities/fact.ts'
import type { Em } from '../../entities/index.ts'
import { rateDefinitions, type StatRate } from '../../entities/stat-definitions.ts'
import {
  type Axis,
  axisOf,
  type Comparison,
  type DayRange,
  earlierAxis,
  type Granularity,
  pointsOf,
  type StatPoint,
} from './axis.ts'
import {
  type BucketQuery,
  type BucketSum,
  type Dimension,
  type StatFilter,
  sumBuckets,
} from './bucket-sums.ts'
import { readProgress } from './progress.ts'
import {
  addSums,
  byGroup,
  type Counts,
  countOf,
  type StatGroup,
  type StatSeries,
  seriesOf,
} from './series.ts'
import { inSnapshot } from './snapshot.ts'

export interface StatsRequest {
  workspaceId: string
  metrics: readonly FactMetric[]
  rates: readonly StatRate[]
  range: DayRange
  zone: string
  granularity: Granularity
  /** None, one or two. */
  groupBy: readonly Dimension[]
  filter: StatFilter
  compareTo?: Comparison | undefined
  /** So many groups are told apart, those with most of the first metric; the rest is one. */
  top: number
}

export interface Stats {
  points: StatPoint[]
  /** The points compared with; each is the counterpart of the point at its place. */
  previousPoints: StatPoint[] | null
  /** All facts that arrived until then are counted; null before the first. */
  through: Date | null
  total: StatSeries
  /** By group, the largest first, the rest last. Without groups: the total alone. */
  series: StatSeries[]
}

/** Metrics that are needed for the rates too. */
export const metricsFor = (metrics: readonly FactMetric[], rates: readonly StatRate[]): FactMetric[] => [
  ...new Set([...metrics, ...rates.flatMap((rate) => [rateDefinitions[rate].of, rateDefinitions[rate].per])]),
]

/** Statistics as a chart shows them: every point and every group of one snapshot, without holes. */
export function readStats(em: Em, request: StatsRequest): Promise<Stats> {
  return inSnapshot(em, (snapshot) => read(snapshot, request))
}

async function read(em: Em, request: StatsRequest): Promise<Stats> {
  const { zone, range, granularity, compareTo } = request
  const axis = axisOf(zone, range, granularity)
  const previousAxis = compareTo && earlierAxis(axis, compareTo, range)
  const position = await readProgress(em)
  const only = request.groupBy.length > 0 ? await largest(em, request, axis) : undefined
  const sums = await sumBuckets(em, bucketQuery(request, axis.bounds, only))
  const before = previousAxis && (await sumBuckets(em, bucketQuery(request, previousAxis.bounds, only)))
  const shown = { ...request, points: axis.bounds.length - 1 }
  const total = seriesOf(shown, null, countsOf(shown.points, sums), before && countsOf(shown.points, before))
  const series = only ? groupSeries(shown, only, sums, before) : [total]
  const previousPoints = previousAxis ? pointsOf(previousAxis) : null
  return { points: pointsOf(axis), previousPoints, through: position.through, total, series }
}

const countsOf = (points: number, sums: readonly BucketSum[] = []): Counts => addSums(new Map(), points, sums)

function bucketQuery(request: StatsRequest, bounds: readonly number[], only?: readonly Group[]): BucketQuery {
  const metrics = metricsFor(request.metrics, request.rates)
  return { ...request, metrics, bounds, ...(only && { only: only.map(({ values }) => values) }) }
}

interface Group {
  key: string
  values: string[]
}

/** The groups with most of the first metric, the largest first; of equal ones the first by name. */
async function largest(em: Em, request: StatsRequest, { bounds }: Axis): Promise<Group[]> {
  const ends = [bounds[0]!, bounds.at(-1)!]
  const [first] = metricsFor(request.metrics, request.rates)
  const sums = await sumBuckets(em, bucketQuery(request, ends))
  return [...byGroup(sums)]
    .map(([key, group]) => ({ key, values: group[0]!.group!, size: countOf(group, first!) }))
    .sort((a, b) => b.size - a.size || (a.key < b.key ? -1 : 1))
    .slice(0, request.top)
}

function groupSeries(
  shown: StatsRequest & { points: number },
  only: readonly Group[],
  sums: readonly BucketSum[],
  before: readonly BucketSum[] | undefined,
): StatSeries[] {
  const [now, then] = [byGroup(sums), before && byGroup(before)]
  const hasOther = now.has('') || then?.has('')
  return [...only, ...(hasOther ? [undefined] : [])].map((group) => {
    const key = group?.key ?? ''
    const counts = countsOf(shown.points, now.get(key))
    return seriesOf(
      shown,
      groupOf(shown.groupBy, group?.values),
      counts,
      then && countsOf(shown.points, then.get(key)),
    )
  })
}

function groupOf(groupBy: readonly Dimension[], values: readonly string[] | undefined): StatGroup {
  if (!values) return { isOther: true, values: {} }
  return {
    isOther: false,
    values: Object.fromEntries(groupBy.map((dimension, index) => [dimension, values[index]])),
  }
}
