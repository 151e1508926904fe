import { funnelSteps, metricDefinitions, rateDefinitions } from '../../entities/stat-definitions.ts'
import { code, document, type GeneratedFile, notice, table } from './file.ts'

const intro = `# Metrics and rates

What every number of statistics counts; [statistics](../statistics.md) tells how to ask for them. A count is a whole number.
It may fall, and even be below 0 for a while, when a vendor corrects its own total.`

const rates = `## Rates

A rate divides one count of people by another, over the same hour, day, week or month, and the same group. It is a fraction:
0.25 is 25 %. It may be above 1, because what is divided may have begun before the point: a message sent on Monday may be
opened on Tuesday. Where there is nothing to divide by there is no rate (null). The rate of a range is made from its totals;
it is not the mean of its points.`

const funnel = `## Funnel

The steps, each counted by itself: ${funnelSteps.map(code).join(' → ')}.`

/** docs/reference/statistics.md: what every number counts. */
export function statisticsFile(): GeneratedFile {
  const content = document(
    notice('entities/stat-definitions.ts'),
    intro,
    '## Metrics',
    table(
      ['metric', 'counts'],
      Object.entries(metricDefinitions).map(([metric, text]) => [code(metric), text]),
    ),
    rates,
    table(
      ['rate', 'divides', 'by', 'tells'],
      Object.entries(rateDefinitions).map(([rate, { of, per, text }]) => [
        code(rate),
        code(of),
        code(per),
        text,
      ]),
    ),
    funnel,
  )
  return { path: 'docs/reference/statistics.md', content }
}
