import { describe, expect, test } from 'vitest'
import type { AudienceStatus } from '../../entities/contact.ts'
import { decide, type Standing } from './audience-decision.ts'
import { type Wish, wishOf } from './wish.ts'

const at = (minute: number) => new Date(Date.UTC(2026, 10, 24, 10, minute))
const yes: Wish = wishOf({ consent: 'GRANTED', consentAt: at(10) }, [])
const no: Wish = wishOf({ consent: 'DENIED', consentAt: at(10) }, [])
const open: Wish = wishOf({ consent: 'UNKNOWN', consentAt: null }, [])
const byOperator = wishOf({ consent: 'GRANTED', consentAt: at(5) }, [{ reason: 'OPERATOR', at: at(10) }])
const known = (status: AudienceStatus): Standing => ({ status, isNews: false })
const news = (status: AudienceStatus, times: Partial<Standing> = {}): Standing => ({
  ...{ status, isNews: true, changedAt: at(10) },
  ...times,
})
const set = (status: string) => ({ kind: 'SET', status })
const keep = { kind: 'KEEP' }

describe('what a contact of the audience becomes', () => {
  test.each([
    ['yes', yes, known('transactional'), set('subscribed')],
    ['yes', yes, known('subscribed'), keep],
    ['yes', yes, known('pending'), keep],
    ['yes', yes, known('unsubscribed'), set('subscribed')],
    ['no', no, known('subscribed'), set('unsubscribed')],
    ['no', no, known('transactional'), set('unsubscribed')],
    ['no', no, known('cleaned'), keep],
    ['no', no, known('archived'), keep],
    ['nothing', open, known('unsubscribed'), keep],
    ['nothing', open, known('transactional'), keep],
  ])('of a person who says %s, by %o when it is %o', (_, wish, standing, decision) => {
    expect(decide(wish, standing, {}, false)).toEqual(decision)
  })

  test('in an audience that asks people to confirm, a new subscriber is asked', () => {
    expect(decide(yes, known('transactional'), {}, true)).toEqual(set('pending'))
  })

  test.each([
    [yes, 'subscribed', true, set('subscribed')],
    [yes, 'transactional', true, set('pending')],
    [open, 'transactional', false, set('transactional')],
    [open, 'subscribed', false, set('subscribed')],
  ] as const)(
    'who was taken out by us for another’s reason becomes what they were: %o, %s',
    (wish, before, asks, decision) => {
      expect(decide(wish, known('unsubscribed'), { statusBefore: before }, asks)).toEqual(decision)
    },
  )

  test('what was said at Mailchimp later, and is news to us, is taken over; what was said before is not', () => {
    const leaving = { kind: 'ADOPT', consent: 'DENIED' }
    expect(decide(yes, news('unsubscribed', { changedAt: at(11) }), {}, false)).toMatchObject(leaving)
    expect(decide(yes, news('cleaned', { changedAt: at(11) }), {}, false)).toMatchObject({
      reason: 'HARD_BOUNCE',
    })
    expect(decide(yes, news('unsubscribed', { changedAt: at(9) }), {}, false)).toEqual(set('subscribed'))
    const joining = { kind: 'ADOPT', consent: 'GRANTED', at: at(11) }
    expect(decide(no, news('subscribed', { optedInAt: at(11) }), {}, false)).toMatchObject(joining)
    expect(decide(no, news('subscribed', { optedInAt: at(9) }), {}, false)).toEqual(set('unsubscribed'))
  })

  test('of a yes and a no in the same second the no holds', () => {
    expect(decide(yes, news('unsubscribed'), {}, false)).toMatchObject({ kind: 'ADOPT', consent: 'DENIED' })
    expect(decide(no, news('subscribed', { optedInAt: at(10) }), {}, false)).toEqual(set('unsubscribed'))
  })

  test('signing up does not take back what an operator said', () => {
    expect(decide(byOperator, news('subscribed', { optedInAt: at(11) }), {}, false)).toEqual(
      set('unsubscribed'),
    )
  })

  test('a wish that was refused is not asked again, a newer one is', () => {
    const held = { refusedWishAt: at(10).toISOString() }
    expect(decide(yes, known('unsubscribed'), held, false)).toEqual(keep)
    const newer = { ...yes, at: at(12) }
    expect(decide(newer, known('unsubscribed'), held, false)).toEqual(set('subscribed'))
  })

  test('a contact that the agency archived says nothing about the person', () => {
    expect(decide(yes, news('archived', { changedAt: at(11) }), {}, false)).toEqual(keep)
  })
})
