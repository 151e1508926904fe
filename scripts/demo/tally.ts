import type { Board, Line } from './board.ts'
import type { Sends } from './sandbox.ts'

/** The result, as `--json` prints it. */
export interface Tally {
  leads: number
  completed: number
  dead: number
  duplicateSends: number
  gaps: number
  elapsedMs: number
}

type Duplicates = Sends['duplicates']

export function tallyOf(board: Board, duplicates: Duplicates): Tally {
  const { lines, gaps, sentAt = 0, endedAt = sentAt } = board
  const count = (state: string) => lines.filter(({ job }) => job?.state === state).length
  return {
    leads: lines.length,
    completed: count('COMPLETED'),
    dead: count('DEAD'),
    duplicateSends: duplicates.reduce((sum, each) => sum + each.count - 1, 0),
    gaps,
    elapsedMs: Math.round(endedAt - sentAt),
  }
}

/** What the leads of a run were sent more than once. */
export function duplicatesOf(board: Board, { duplicates }: Sends): Duplicates {
  const addresses = board.lines.flatMap(({ lead }) => [lead?.email, lead?.phone?.slice(1)])
  const ours = new Set(addresses.filter((address) => address))
  return duplicates.filter(({ recipient }) => ours.has(recipient.toLowerCase()))
}

/** Everything that did not go as it should, a line each; nothing when all is well. */
export function problemsOf(board: Board, duplicates: Duplicates): string[] {
  return [
    ...board.lines.flatMap((line) => {
      const problem = problemOf(line)
      const about = [`Lead ${line.number} (${line.name})`, line.lead?.id, line.jobId]
        .filter(Boolean)
        .join(', ')
      return problem ? [`${about}: ${problem}`] : []
    }),
    ...duplicates.map(
      ({ vendor, recipient, count }) => `${vendor} sent the same to ${recipient} ${count} times`,
    ),
  ]
}

function problemOf({ job, refusal }: Line): string | undefined {
  if (refusal !== undefined) return refusal
  if (!job) return 'was not sent'
  if (job.state !== 'COMPLETED') return `the job is ${job.state}${job.error ? `: ${job.error}` : ''}`
  const bad = Object.entries(job.steps).filter(([, outcome]) => !fine.includes(outcome))
  return bad.length > 0 ? bad.map(([step, outcome]) => `${step} is ${outcome}`).join(', ') : undefined
}

const fine = ['DONE', 'ACCEPTED', 'SKIPPED']
