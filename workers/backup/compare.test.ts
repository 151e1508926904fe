import { expect, test } from 'vitest'
import { compareContents } from './compare.ts'

const lead = { name: 'lead', rows: 3, checksum: '17' }
const job = { name: 'job', rows: 5, checksum: '4' }

test('a restored database that is equal has no findings, whatever the order of its tables', () => {
  expect(compareContents([lead, job], [job, lead])).toEqual([])
})

test('a table that did not come back, one too many, other rows and other content are told apart', () => {
  const found = [
    { ...lead, rows: 2, checksum: '9' },
    { ...job, checksum: '5' },
    { name: 'stranger', rows: 0, checksum: '0' },
  ]
  expect(compareContents([lead, job, { name: 'fact', rows: 1, checksum: '1' }], found)).toMatchObject([
    { kind: 'ROWS', table: 'lead', expected: '3', found: '2' },
    { kind: 'CHECKSUM', table: 'job', expected: '4', found: '5' },
    { kind: 'TABLE_MISSING', table: 'fact', expected: '1 rows' },
    { kind: 'TABLE_UNEXPECTED', table: 'stranger', found: '0 rows' },
  ])
})
