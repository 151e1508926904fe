import { expect, test } from 'vitest'
import { createBoard } from './board.ts'
import type { JobEvent, JobRow } from './operations.ts'

const lead = { id: 'lead_1', email: null, phone: null }
const unseen = { progress: null, result: null, errorClass: null, errorMessage: null, nextAt: null }
const event = (type: string, state: JobEvent['state'], more: Partial<JobEvent> = {}): JobEvent => ({
  __typename: 'JobEvent',
  cursor: '',
  jobId: 'job_1',
  jobName: 'lead.created',
  attempt: 1,
  ...unseen,
  type,
  state,
  ...more,
})
const row: JobRow = {
  id: 'job_1',
  name: 'lead.created',
  state: 'COMPLETED',
  progress: null,
  result: null,
  error: null,
}

test('an event that is here before the answer that names its job is not lost', () => {
  const board = createBoard([{}])
  board.event(event('COMPLETED', 'COMPLETED'))
  expect(board.isDone()).toBe(false)
  board.accepted(0, lead, 'job_1')
  expect(board.isDone()).toBe(true)
})

test('an older event after the end changes nothing', () => {
  const board = createBoard([{}])
  board.accepted(0, lead, 'job_1')
  board.event({ __typename: 'JobEventsSnapshot', cursor: '', more: false, jobs: [row] })
  board.event(event('ACTIVE', 'ACTIVE'))
  expect(board.lines[0]!.job!.state).toBe('COMPLETED')
})

test('jobs of other kinds do not count', () => {
  const board = createBoard([{}])
  board.accepted(0, lead, 'job_1')
  board.event(event('COMPLETED', 'COMPLETED', { jobName: 'message.resolve' }))
  expect(board.isDone()).toBe(false)
})

test('a gap whose snapshot does not hold all jobs asks for the rest', () => {
  const board = createBoard([{}])
  board.event({ __typename: 'JobEventsGap', cursor: '', reason: 'TRIMMED' })
  board.event({ __typename: 'JobEventsSnapshot', cursor: '', more: true, jobs: [] })
  expect([board.gaps, board.isIncomplete]).toEqual([1, true])
  board.rows([row])
  expect(board.isIncomplete).toBe(false)
})

test('a job whose vendor has locked us out is not waited for', () => {
  const board = createBoard([{}])
  board.accepted(0, lead, 'job_1')
  board.event(event('DELAYED', 'DELAYED', { errorClass: 'THROTTLED' }))
  expect(board.isDone()).toBe(false)
  board.event(event('DELAYED', 'DELAYED', { errorClass: 'AUTH' }))
  expect(board.isDone()).toBe(true)
})
