import { applyEvent, applyRow, isFinal, isLockedOut, type JobView, newJob } from './job-view.ts'
import type { CreatedLead, JobMessage, JobRow, LeadInput, Message } from './operations.ts'

/** One lead of the run and its job. */
export interface Line {
  number: number
  name: string
  lead: CreatedLead | undefined
  jobId: string | undefined
  job: JobView | undefined
  /** Why the API did not take the lead. */
  refusal: string | undefined
}

/** All that is known of a run, as it comes in from three sides: answers, events and the ledger. */
export interface Board {
  readonly lines: readonly Line[]
  readonly events: number
  readonly gaps: number
  /** When the first lead was sent and the last job ended, in ms of `performance`. */
  readonly sentAt: number | undefined
  readonly endedAt: number | undefined
  /** When a step was last done. */
  readonly movedAt: number
  /** Whether events were lost and the snapshot did not hold all jobs: read them. */
  readonly isIncomplete: boolean
  sending(): void
  accepted(index: number, lead: CreatedLead, jobId: string): void
  refused(index: number, why: string): void
  event(message: JobMessage): void
  rows(rows: readonly JobRow[]): void
  messages(leadId: string, messages: readonly Message[]): void
  /** Whether every lead was refused, or its job has ended or waits for a person. */
  isDone(): boolean
}

const jobName = 'lead.created'
const stepOf = { EMAIL: 'welcome-email', WHATSAPP: 'welcome-whatsapp' } as const

export function createBoard(leads: readonly LeadInput[]): Board {
  const lines = leads.map(lineOf)
  const jobs = new Map<string, JobView>()
  const byLead = new Map<string, JobView>()
  const board = {
    lines,
    events: 0,
    gaps: 0,
    sentAt: undefined as number | undefined,
    endedAt: undefined as number | undefined,
    movedAt: performance.now(),
    isIncomplete: false,
    sending() {
      board.sentAt ??= performance.now()
    },
    accepted(index: number, lead: CreatedLead, jobId: string) {
      const line = Object.assign(lines[index]!, { lead, jobId, job: jobOf(jobId) })
      byLead.set(lead.id, line.job)
    },
    refused(index: number, refusal: string) {
      lines[index]!.refusal = refusal
    },
    event(message: JobMessage) {
      if (message.__typename === 'JobEventsGap') board.gaps++
      if (message.__typename === 'JobEventsSnapshot') {
        take(message.jobs)
        board.isIncomplete ||= message.more
      }
      if (message.__typename !== 'JobEvent') return
      board.events++
      if (message.jobName === jobName) change(message.jobId, (job) => applyEvent(job, message))
    },
    rows(rows: readonly JobRow[]) {
      board.isIncomplete = false
      take(rows)
    },
    messages(leadId: string, messages: readonly Message[]) {
      const steps = byLead.get(leadId)?.steps ?? {}
      for (const { channel, state } of messages) steps[stepOf[channel]] = state
    },
    isDone: () => lines.every(isOver),
  }

  /** An event may be here before the answer that names its job. */
  function jobOf(id: string): JobView {
    const job = jobs.get(id) ?? newJob()
    jobs.set(id, job)
    return job
  }
  function take(rows: readonly JobRow[]): void {
    for (const row of rows) if (row.name === jobName) change(row.id, (job) => applyRow(job, row))
  }
  function change(id: string, apply: (job: JobView) => void): void {
    const job = jobOf(id)
    const before = doneIn(job)
    apply(job)
    if (doneIn(job) === before) return
    board.movedAt = performance.now()
    if (isFinal(job)) board.endedAt = board.movedAt
  }
  return board
}

/** Steps done, and the end. */
const doneIn = (job: JobView) => Object.keys(job.steps).length + Number(isFinal(job))

const isOver = ({ job, refusal }: Line) =>
  refusal !== undefined || (job !== undefined && (isFinal(job) || isLockedOut(job)))

function lineOf({ firstName, lastName, company, email }: LeadInput, index: number): Line {
  const name = [firstName, lastName].filter(Boolean).join(' ') || company || email || ''
  return { number: index + 1, name, lead: undefined, jobId: undefined, job: undefined, refusal: undefined }
}
