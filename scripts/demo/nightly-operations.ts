import type { Document, JobState } from './operations.ts'

/** What the nightly demo asks the API. Mutations carry a key of their own, as they are repeated when the API is away. */

interface Started {
  job?: { id: string }
  message?: string
}

type Start<Name extends string, Input> = Document<
  Record<Name, Started>,
  { input: Input & { idempotencyKey: string } }
>

export const startRollup = `mutation ($input: EnqueueStatsRollupInput!) {
  start: enqueueStatsRollup(input: $input) { ... on EnqueuePayload { job { id } } ... on Error { message } }
}` as Start<'start', object>

export const runBackup = `mutation ($input: RunBackupInput!) {
  start: runBackup(input: $input) { ... on BackupJobPayload { job { id } } ... on Error { message } }
}` as Start<'start', object>

export const restoreBackup = `mutation ($input: RestoreBackupInput!) {
  start: restoreBackup(input: $input) { ... on BackupJobPayload { job { id } } ... on Error { message } }
}` as Start<'start', { id: string; confirm: string }>

export interface JobNow {
  state: JobState
  progress: unknown
  result: unknown
  error: { message: string } | null
}

export const jobNow = `query ($id: ID!) {
  job(id: $id) { state progress result error { message } }
}` as Document<{ job: JobNow }, { id: string }>

interface Totals {
  total: { metrics: { metric: string; total: number; machineTotal: number }[] }
}

/** The totals of a range of days, in UTC. */
export const statsOfRange = `query ($range: StatRange!) {
  stats(range: $range, timeZone: "UTC") {
    ... on Stats { total { metrics { metric total machineTotal } } }
    ... on Error { message }
  }
}` as Document<{ stats: Totals & { message?: string } }, { range: { from: string; to: string } }>

export interface BackupNow {
  state: string
  problem: string | null
  tables: { name: string; rows: string }[]
  verifications: { state: string; newestRowAt: string | null; findings: { message: string }[] }[]
}

export const backupNow = `query ($id: ID!) {
  backup(id: $id) {
    state
    problem
    tables { name rows }
    verifications { state newestRowAt findings { message } }
  }
}` as Document<{ backup: BackupNow }, { id: string }>
