import { type FactMetric, factMetrics } from '../entities/fact.ts'
import { type StatRate, statRates } from '../entities/stat-definitions.ts'
import { isTimeZone } from '../entities/time-zone.ts'
import { type InputIssue, InvalidInputError } from '../ledger/errors.ts'
import { workspaceZone } from '../ledger/schedules/workspace-zone.ts'
import type { Comparison, DayRange, Granularity } from '../marketing/stats/axis.ts'
import type { Dimension, StatFilter } from '../marketing/stats/bucket-sums.ts'
import { readDay, showDay } from '../marketing/stats/calendar.ts'
import type { RangeRequest } from '../marketing/stats/funnel.ts'
import type { StatsRequest } from '../marketing/stats/stats.ts'
import type { Context } from '../schema/context.ts'

/** What a caller asks of statistics, checked. */

/** Points of one answer. */
const mostPoints = 2_000
/** Points times groups of one answer: a year by day of 50 groups and the rest. */
const mostCells = 20_000
/** Days of a range: ten years. */
const mostDays = 3_660
/** Groups told apart. */
const mostGroups = 50
const mostValues = 200
/** Zones were cut otherwise before, and nobody knows how they will be cut after. */
const [firstDay, lastDay] = [readDay('2000-01-01')!, readDay('2099-12-31')!]

type Maybe<T> = T | null | undefined

export interface RangeArgs {
  range: { from: string; to: string }
  timeZone?: Maybe<string>
  filter?: Maybe<{
    campaignIds?: Maybe<string[]>
    channels?: Maybe<string[]>
    sources?: Maybe<string[]>
    templates?: Maybe<string[]>
  }>
}

export interface StatsArgs extends RangeArgs {
  granularity?: Maybe<Granularity>
  metrics?: Maybe<FactMetric[]>
  rates?: Maybe<StatRate[]>
  groupBy?: Maybe<Dimension[]>
  compareTo?: Maybe<Comparison>
  top?: Maybe<number>
}

/** Checks a range, its time zone and filter. @throws InvalidInputError */
export async function readRange(context: Context, args: RangeArgs): Promise<RangeRequest> {
  const request = await rangeOf(context, args)
  refuse(rangeIssues(request))
  return request
}

/** Checks what `stats` was asked. @throws InvalidInputError */
export async function readStatsArgs(context: Context, args: StatsArgs): Promise<StatsRequest> {
  const request: StatsRequest = {
    ...(await rangeOf(context, args)),
    granularity: args.granularity ?? 'DAY',
    metrics: unique(args.metrics ?? factMetrics),
    rates: unique(args.rates ?? statRates),
    groupBy: args.groupBy ?? [],
    compareTo: args.compareTo ?? undefined,
    top: args.top ?? mostGroups,
  }
  const issues = rangeIssues(request)
  refuse([...issues, ...shapeIssues(request), ...(issues.length === 0 ? sizeIssues(request) : [])])
  return request
}

/** How many campaigns are shown: 1 to 50, by default 10. @throws InvalidInputError */
export function readTop(top: Maybe<number>): number {
  refuse(topIssues(top ?? 10))
  return top ?? 10
}

async function rangeOf({ em, workspaceId }: Context, args: RangeArgs): Promise<RangeRequest> {
  const { from, to } = args.range
  const { campaignIds, channels, sources, templates } = args.filter ?? {}
  const lists = { CAMPAIGN: campaignIds, CHANNEL: channels, SOURCE: sources, TEMPLATE: templates }
  return {
    workspaceId,
    range: { from: readDay(from)!, to: readDay(to)! },
    zone: args.timeZone ?? (await workspaceZone(em, workspaceId)),
    filter: Object.fromEntries(Object.entries(lists).filter(([, list]) => list)) as StatFilter,
  }
}

function rangeIssues({ range, zone, filter }: RangeRequest): InputIssue[] {
  const issues: InputIssue[] = []
  if (!isTimeZone(zone))
    issues.push({
      path: 'timeZone',
      message: `"${zone.slice(0, 64)}" is no time zone; a name of the IANA list was expected, e.g. Europe/Berlin`,
    })
  for (const [dimension, list] of Object.entries(filter))
    if (list.length > mostValues)
      issues.push({
        path: 'filter',
        message: `${list.length} values for ${dimension}; at most ${mostValues} were expected`,
      })
  return [...issues, ...dayIssues(range)]
}

function dayIssues({ from, to }: DayRange): InputIssue[] {
  if (from > to)
    return [
      { path: 'range', message: `from ${showDay(from)} is after to ${showDay(to)}; it must not be later` },
    ]
  if (from < firstDay || to > lastDay)
    return [{ path: 'range', message: `days from ${showDay(firstDay)} to ${showDay(lastDay)} were expected` }]
  const days = to - from + 1
  return days > mostDays
    ? [{ path: 'range', message: `${days} days are too many; at most ${mostDays} were expected` }]
    : []
}

function shapeIssues({ metrics, rates, groupBy, top }: StatsRequest): InputIssue[] {
  const issues = topIssues(top)
  if (metrics.length + rates.length === 0)
    issues.push({
      path: 'metrics',
      message: 'neither a metric nor a rate is named; at least one was expected',
    })
  if (groupBy.length > 2 || new Set(groupBy).size < groupBy.length)
    issues.push({ path: 'groupBy', message: 'none, one or two different dimensions were expected' })
  return issues
}

const topIssues = (top: number): InputIssue[] =>
  top >= 1 && top <= mostGroups
    ? []
    : [{ path: 'top', message: `a number from 1 to ${mostGroups} was expected` }]

const perDay: Record<Granularity, number> = { HOUR: 24, DAY: 1, WEEK: 1 / 7, MONTH: 1 / 28 }

function sizeIssues({ range, granularity, groupBy, top }: StatsRequest): InputIssue[] {
  const points = Math.ceil((range.to - range.from + 1) * perDay[granularity])
  if (points > mostPoints)
    return [
      {
        path: 'granularity',
        message: `${points} points are too many; at most ${mostPoints} were expected: take a coarser granularity or fewer days`,
      },
    ]
  const groups = top + 1
  if (groupBy.length === 0 || points * groups <= mostCells) return []
  return [
    {
      path: 'top',
      message: `${points} points of ${groups} groups are too many; at most ${mostCells} together were expected: take a smaller top or fewer points`,
    },
  ]
}

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)]

function refuse(issues: InputIssue[]): void {
  if (issues.length > 0) throw new InvalidInputError(issues)
}
