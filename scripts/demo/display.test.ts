import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { type Board, createBoard } from './board.ts'
import { render } from './display.ts'
import type { JobEvent } from './operations.ts'
import { widthOf } from './text.ts'

const event = (jobId: string, more: Partial<JobEvent>): JobEvent => ({
  __typename: 'JobEvent',
  cursor: '',
  type: 'ACTIVE',
  jobId,
  jobName: 'lead.created',
  state: 'ACTIVE',
  attempt: 1,
  progress: null,
  result: null,
  errorClass: null,
  errorMessage: null,
  nextAt: null,
  ...more,
})

const result = {
  mailchimp: 'DONE',
  crm: 'REFUSED',
  'welcome-email': 'UNKNOWN',
  'welcome-whatsapp': 'SKIPPED',
}
const completed = (jobId: string) => event(jobId, { type: 'COMPLETED', state: 'COMPLETED', result })

function boardOf(...names: string[]): Board {
  const board = createBoard(names.map((firstName) => ({ firstName })))
  board.lines.forEach((_, index) => {
    board.accepted(index, { id: `lead_${index}`, email: null, phone: null }, `job_${index}`)
  })
  return board
}

const now = new Date('2026-11-24T12:00:00Z')

function draw(board: Board, size = { columns: 100, rows: 40 }): string[] {
  const lines = render({ board, title: 'A run', now, frame: 0 }, size, (_, text) => text)
  return lines.map((line) => stripVTControlCharacters(line).trimEnd())
}

const lineOf = (board: Board, name: string) => draw(board).find((line) => line.includes(name))

describe('a lead’s line', () => {
  test('has a mark for each step that is done', () => {
    const board = boardOf('Ana')
    board.event(event('job_0', { type: 'PROGRESS', progress: { done: 1, total: 4, step: 'crm' } }))
    expect(lineOf(board, 'Ana')).toMatch(/1 {2}Ana +⠋ +✓ +⠋ +⠋ +runs$/)
  })

  test('tells done, refused, unknown and left out apart', () => {
    const board = boardOf('Ana')
    board.event(completed('job_0'))
    expect(lineOf(board, 'Ana')).toMatch(/Ana +✓ +✗ +\? +– +done$/)
  })

  test('shows a message as sent once its vendor has said so', () => {
    const board = boardOf('Ana')
    board.event(completed('job_0'))
    board.messages('lead_0', [{ channel: 'EMAIL', state: 'ACCEPTED' }])
    expect(lineOf(board, 'Ana')).toMatch(/Ana +✓ +✗ +✓ +– +done$/)
  })

  test('says when the next try is and why', () => {
    const board = boardOf('Ana')
    const nextAt = '2026-11-24T12:00:01.500Z'
    board.event(event('job_0', { type: 'DELAYED', state: 'DELAYED', nextAt, errorMessage: 'vendor failed' }))
    expect(lineOf(board, 'Ana')).toContain('again in 2 s: vendor failed')
  })

  test('never goes beyond the edge', () => {
    const board = boardOf('陽翔 田中 陽翔 田中 陽翔 田中 陽翔 田中', 'Jürgen 🚀')
    const errorMessage = 'a very long reason '.repeat(20)
    board.event(event('job_0', { type: 'DEAD', state: 'DEAD', errorMessage }))
    expect(Math.max(...draw(board, { columns: 80, rows: 40 }).map(widthOf))).toBeLessThanOrEqual(80)
  })
})

describe('the picture', () => {
  const names = Array.from({ length: 17 }, (_, n) => `Lead ${n + 1}`)

  test('has a line for each lead when the terminal has room for all', () => {
    const picture = draw(boardOf(...names), { columns: 90, rows: 24 })
    expect(picture).toHaveLength(23)
    expect(picture.join('\n')).toContain('Lead 17')
  })

  test('has a bar for each step and a mark for each lead when it has not', () => {
    const board = boardOf(...names, 'Lead 18')
    board.event(completed('job_3'))
    const picture = draw(board, { columns: 90, rows: 24 }).join('\n')
    expect(picture).not.toContain('Lead 18')
    expect(picture).toContain(`···✓${'·'.repeat(14)}`)
    expect(picture).toMatch(/WhatsApp +━+─+ {2}1 of 18/)
  })

  test('leaves the last row of the smallest terminal to the cursor', () => {
    expect(draw(boardOf(...names), { columns: 20, rows: 6 })).toHaveLength(5)
  })
})
