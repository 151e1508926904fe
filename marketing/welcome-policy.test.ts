import { expect, test } from 'vitest'
import { emailVerdict, whatsappVerdict } from './welcome-policy.ts'

test('a suppressed address gets no welcome, whatever the lead consented to', () => {
  const lead = { email: 'a@example.com', phone: '+34612345678' }
  const granted = { emailConsent: 'GRANTED', whatsappConsent: 'GRANTED' } as const
  expect(emailVerdict({ ...lead, ...granted }, false)).toEqual({ send: true })
  expect(emailVerdict({ ...lead, ...granted }, true)).toEqual({ send: false, reason: 'SUPPRESSED' })
  expect(whatsappVerdict({ ...lead, ...granted }, false)).toEqual({ send: true })
  expect(whatsappVerdict({ ...lead, ...granted }, true)).toEqual({ send: false, reason: 'SUPPRESSED' })
})
