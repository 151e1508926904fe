/** When a campaign's report is read: often while people open it, then ever less, and no more after two weeks. */

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

const paces = [
  { until: hour, every: 5 * minute },
  { until: 2 * day, every: hour },
  { until: 14 * day, every: day },
]

/** The next time to read it; undefined when it stands still. The same for everybody who asks between two of them. */
export function nextReportAt(sentAt: Date, now: Date): Date | undefined {
  const age = Math.max(now.getTime() - sentAt.getTime(), 0)
  const pace = paces.find(({ until }) => age < until)
  if (!pace) return undefined
  return new Date(sentAt.getTime() + (Math.floor(age / pace.every) + 1) * pace.every)
}
