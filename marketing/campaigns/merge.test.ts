import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SyncedContent } from '../../entities/campaign.ts'
import { merge, syncedFields, type TwinStage } from './merge.ts'

const base: SyncedContent = {
  name: 'Spring',
  subject: 'Hello',
  previewText: null,
  fromName: 'Solaria',
  replyTo: 'hello@example.com',
  html: '<p>Hi</p>',
  scheduledAt: null,
}

/** Few values, so that sides often agree, differ and meet again. */
const value = fc.constantFrom<string | null>('a', 'b', 'c', null)
const content = fc.record({
  name: fc.constantFrom('a', 'b', 'c'),
  subject: value,
  previewText: value,
  fromName: value,
  replyTo: value,
  html: value,
  scheduledAt: value,
}) as fc.Arbitrary<SyncedContent>
const stage = fc.constantFrom<TwinStage>('DRAFT', 'SCHEDULED', 'SENT')

/** Both sides after a merge was carried out. */
function carryOut(ours: SyncedContent, theirs: SyncedContent, result: ReturnType<typeof merge>) {
  const pick = (fields: string[], from: SyncedContent) =>
    Object.fromEntries(fields.map((field) => [field, from[field as keyof SyncedContent]]))
  return {
    ours: { ...ours, ...pick(result.pull, theirs) },
    theirs: { ...theirs, ...pick(result.push, ours) },
  }
}

describe('a campaign that was edited on both sides', () => {
  test('takes each field from the side that changed it', () => {
    const result = merge(base, { ...base, subject: 'Hola' }, { ...base, html: '<p>Hola</p>' }, 'DRAFT')
    expect(result).toEqual({
      merged: { ...base, subject: 'Hola', html: '<p>Hola</p>' },
      pull: ['html'],
      push: ['subject'],
      conflicts: [],
    })
  })

  test('keeps our value of a field in conflict while it is a draft, and says what both held', () => {
    const result = merge(base, { ...base, subject: 'Ours' }, { ...base, subject: 'Theirs' }, 'DRAFT')
    expect(result.merged.subject).toBe('Ours')
    expect(result.conflicts).toEqual([
      { field: 'subject', ours: 'Ours', mailchimp: 'Theirs', winner: 'OURS' },
    ])
  })

  test('takes Mailchimp’s value of a field in conflict once it is scheduled', () => {
    const result = merge(base, { ...base, subject: 'Ours' }, { ...base, subject: 'Theirs' }, 'SCHEDULED')
    expect([result.merged.subject, result.pull, result.push]).toEqual(['Theirs', ['subject'], []])
    expect(result.conflicts[0]?.winner).toBe('MAILCHIMP')
  })

  test('is not in conflict where both made the same change', () => {
    const both = { ...base, subject: 'Same' }
    expect(merge(base, both, both, 'DRAFT')).toEqual({ merged: both, pull: [], push: [], conflicts: [] })
  })

  test('cannot be changed by us any more once it is sent, and says so', () => {
    const result = merge(base, { ...base, subject: 'Too late' }, base, 'SENT')
    expect([result.merged, result.push]).toEqual([base, []])
    expect(result.conflicts).toMatchObject([{ field: 'subject', ours: 'Too late', winner: 'MAILCHIMP' }])
  })
})

describe('whatever both sides did, a merge', () => {
  test('makes both sides equal, so that a second one has nothing to do', () => {
    fc.assert(
      fc.property(fc.option(content), content, content, stage, (before, ours, theirs, at) => {
        const result = merge(before, ours, theirs, at)
        const after = carryOut(ours, theirs, result)
        expect(after.ours).toEqual(result.merged)
        expect(after.theirs).toEqual(result.merged)
        expect(merge(result.merged, after.ours, after.theirs, at)).toEqual({
          merged: result.merged,
          pull: [],
          push: [],
          conflicts: [],
        })
      }),
      { numRuns: 500 },
    )
  })

  test('comes to the same when it was only half carried out and is begun anew', () => {
    fc.assert(
      fc.property(content, content, content, fc.nat(20), (before, ours, theirs, cut) => {
        const first = merge(before, ours, theirs, 'DRAFT')
        const half = carryOut(ours, theirs, {
          ...first,
          pull: first.pull.slice(0, cut),
          push: first.push.slice(0, Math.max(cut - first.pull.length, 0)),
        })
        const { merged } = merge(before, half.ours, half.theirs, 'DRAFT')
        expect(merged).toEqual(first.merged)
      }),
      { numRuns: 500 },
    )
  })

  test('never loses a change that only one side made, as long as it can be carried over', () => {
    fc.assert(
      fc.property(content, content, content, stage, (before, ours, theirs, at) => {
        const { merged } = merge(before, ours, theirs, at)
        for (const field of syncedFields) {
          if (ours[field] === before[field]) expect(merged[field]).toBe(theirs[field])
          else if (theirs[field] === before[field] && at !== 'SENT') expect(merged[field]).toBe(ours[field])
        }
      }),
      { numRuns: 500 },
    )
  })

  test('reports a field whenever a value gives way', () => {
    fc.assert(
      fc.property(fc.option(content), content, content, stage, (before, ours, theirs, at) => {
        const { merged, conflicts } = merge(before, ours, theirs, at)
        const reported = new Set(conflicts.map(({ field }) => field))
        for (const field of syncedFields) {
          const oursLost = merged[field] !== ours[field] && before?.[field] !== ours[field]
          const theirsLost = merged[field] !== theirs[field] && before?.[field] !== theirs[field]
          expect(reported.has(field)).toBe(oursLost || theirsLost)
        }
      }),
      { numRuns: 500 },
    )
  })
})
