import type { FactMetric } from '../../entities/fact.ts'
import type { Em } from '../../entities/index.ts'
import { funnelSteps, rateDefinitions, type StatRate } from '../../entities/stat-definitions.ts'
import { axisOf, type DayRange } from './axis.ts'
import { type BucketSum, type StatFilter, sumBuckets } from './bucket-sums.ts'
import { readProgress } from './progress.ts'
import { byGroup, countOf, ratio } from './series.ts'
import { inSnapshot } from './snapshot.ts'
import { metricsFor } from './stats.ts'

/** Questions to a range as a whole. */
export interface RangeRequest {
  workspaceId: string
  range: DayRange
  zone: string
  filter: StatFilter
}

export interface FunnelStep {
  metric: FactMetric
  count: number
  /** Divided by the step before; null for the first, and where that is 0. */
  ofPrevious: number | null
  /** Divided by the first step; null where that is 0. */
  ofFirst: number | null
}

const boundsOf = ({ zone, range }: RangeRequest): number[] => {
  const { bounds } = axisOf(zone, range, 'DAY')
  return [bounds[0]!, bounds.at(-1)!]
}

/** How much of each step happened in the range, each counted by itself. */
export function readFunnel(
  em: Em,
  request: RangeRequest,
): Promise<{ steps: FunnelStep[]; through: Date | null }> {
  return inSnapshot(em, async (snapshot) => {
    const { through } = await readProgress(snapshot)
    const query = { ...request, metrics: funnelSteps, bounds: boundsOf(request), groupBy: [] }
    const sums = await sumBuckets(snapshot, query)
    const counts = funnelSteps.map((metric) => countOf(sums, metric))
    const steps = funnelSteps.map((metric, index) => ({
      metric,
      count: counts[index]!,
      ofPrevious: index === 0 ? null : ratio(counts[index]!, counts[index - 1]!),
      ofFirst: ratio(counts[index]!, counts[0]!),
    }))
    return { steps, through }
  })
}

/** What campaigns are ordered by. */
export type Measure = { metric: FactMetric } | { rate: StatRate }

export interface TopCampaign {
  campaignId: string
  /** Of the metric, or of what the rate divides. */
  count: number
  /** Null when a metric was asked for. */
  rate: number | null
  sent: number
}

/**
 * The campaigns with most of a metric, or the highest rate, largest first; of equal ones the one with the lower id.
 * @param minimumSent campaigns that sent less in the range are left out
 */
export function readTopCampaigns(
  em: Em,
  request: RangeRequest & { measure: Measure; minimumSent: number; first: number },
): Promise<TopCampaign[]> {
  const { measure, minimumSent, first } = request
  const metrics =
    'rate' in measure ? metricsFor(['SENT'], [measure.rate]) : metricsFor(['SENT', measure.metric], [])
  return inSnapshot(em, async (snapshot) => {
    const query = { ...request, metrics, bounds: boundsOf(request), groupBy: ['CAMPAIGN' as const] }
    const groups = byGroup((await sumBuckets(snapshot, query)).filter(({ group }) => group![0] !== ''))
    return [...groups.values()]
      .map((sums) => topCampaign(sums, measure))
      .filter(
        ({ sent, rate, count }) => sent >= minimumSent && ('rate' in measure ? rate !== null : count > 0),
      )
      .sort((a, b) => order(b) - order(a) || (a.campaignId < b.campaignId ? -1 : 1))
      .slice(0, first)
  })
}

const order = ({ rate, count }: TopCampaign) => rate ?? count

function topCampaign(sums: readonly BucketSum[], measure: Measure): TopCampaign {
  const campaignId = sums[0]!.group![0]!
  const sent = countOf(sums, 'SENT')
  if ('metric' in measure) return { campaignId, count: countOf(sums, measure.metric), rate: null, sent }
  const { of, per } = rateDefinitions[measure.rate]
  const count = countOf(sums, of)
  return { campaignId, count, rate: ratio(count, countOf(sums, per)), sent }
}
