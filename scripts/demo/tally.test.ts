import { expect, test } from 'vitest'
import { createBoard } from './board.ts'
import type { JobRow } from './operations.ts'
import { duplicatesOf, problemsOf, tallyOf } from './tally.ts'

const row = (id: string, more: Partial<JobRow>): JobRow => ({
  id,
  name: 'lead.created',
  state: 'COMPLETED',
  progress: null,
  result: null,
  error: null,
  ...more,
})

function ranBoard(...rows: JobRow[]) {
  const board = createBoard(rows.map(({ id }) => ({ firstName: `Of ${id}` })))
  rows.forEach(({ id }, index) => {
    board.accepted(index, { id: `lead_${index}`, email: `${id}@example.com`, phone: '+34612345678' }, id)
  })
  board.rows(rows)
  return board
}

const twice = (vendor: 'mandrill' | 'whatsapp', recipient: string) => ({ vendor, recipient, count: 2 })

test('completed and dead jobs are counted, and a dead one is named with its reason', () => {
  const error = { class: 'PERMANENT', message: 'no such list' }
  const board = ranBoard(row('job_1', {}), row('job_2', { state: 'DEAD', error }))
  expect(tallyOf(board, [])).toMatchObject({ leads: 2, completed: 1, dead: 1, duplicateSends: 0 })
  expect(problemsOf(board, [])).toEqual(['Lead 2 (Of job_2), lead_1, job_2: the job is DEAD: no such list'])
})

test('only what this run’s leads got twice counts as sent twice', () => {
  const board = ranBoard(row('job_1', {}))
  const ours = [twice('mandrill', 'Job_1@example.com'), twice('whatsapp', '34612345678')]
  const all = [...ours, twice('mandrill', 'somebody@example.com')]
  expect(duplicatesOf(board, { sends: [], duplicates: all })).toEqual(ours)
  expect(tallyOf(board, ours).duplicateSends).toBe(2)
})

test('a message whose fate is unknown is a problem, one that was not to be sent is none', () => {
  const result = { 'welcome-email': 'UNKNOWN', 'welcome-whatsapp': 'SKIPPED' }
  const board = ranBoard(row('job_1', { result }))
  expect(problemsOf(board, [])).toEqual(['Lead 1 (Of job_1), lead_0, job_1: welcome-email is UNKNOWN'])
})

test('a lead that the API did not take is a problem', () => {
  const board = createBoard([{ firstName: 'Ana' }])
  board.refused(0, 'INVALID_INPUT: phone is not a phone number')
  expect(problemsOf(board, [])).toEqual(['Lead 1 (Ana): INVALID_INPUT: phone is not a phone number'])
})
