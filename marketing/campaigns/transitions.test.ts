import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CampaignState, campaignStates } from '../../entities/campaign.ts'
import { checkMove, InvalidTransitionError, mayMove } from './transitions.ts'

describe('a campaign', () => {
  test.each([
    ['DRAFT', 'SCHEDULED', 'US'],
    ['SCHEDULED', 'SENDING', 'MAILCHIMP'],
    ['SENDING', 'SENT', 'MAILCHIMP'],
    ['SCHEDULED', 'DRAFT', 'US'],
    ['SCHEDULED', 'CANCELLED', 'US'],
    ['SCHEDULED', 'FAILED', 'US'],
    ['FAILED', 'SCHEDULED', 'US'],
    ['CANCELLED', 'SENT', 'MAILCHIMP'],
  ] as const)('that is %s may become %s by %s', (from, to, by) => {
    expect(mayMove(from, to, by)).toBe(true)
  })

  test.each([
    ['DRAFT', 'SENT', 'US'],
    ['SENDING', 'DRAFT', 'US'],
    ['SENDING', 'SENT', 'US'],
    ['SENDING', 'DRAFT', 'MAILCHIMP'],
    ['CANCELLED', 'SCHEDULED', 'US'],
    ['CANCELLED', 'SCHEDULED', 'MAILCHIMP'],
  ] as const)('that is %s does not become %s by %s', (from, to, by) => {
    expect(() => checkMove(from, to, by)).toThrow(InvalidTransitionError)
  })

  test('that was sent stays so', () => {
    for (const to of campaignStates)
      expect([mayMove('SENT', to, 'US'), mayMove('SENT', to, 'MAILCHIMP')]).toEqual([false, false])
  })

  test('is said to be sent or sending by Mailchimp alone, wherever it comes from', () => {
    const state = fc.constantFrom<CampaignState>(...campaignStates)
    fc.assert(
      fc.property(
        state,
        fc.constantFrom('SENDING' as const, 'SENT' as const),
        (from, to) => !mayMove(from, to, 'US'),
      ),
    )
  })

  test('that cannot move says from where to where', () => {
    expect(() => checkMove('SENT', 'DRAFT', 'US')).toThrow('A campaign that is SENT cannot become DRAFT here')
  })
})
