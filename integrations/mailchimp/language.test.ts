import { expect, test } from 'vitest'
import { mailchimpLanguage } from './language.ts'

test.each([
  ['es', 'es'],
  ['es-ES', 'es_ES'],
  ['es-AR', 'es'],
  ['pt-PT', 'pt_PT'],
  ['zh-Hant-TW', 'zh'],
  ['nb-NO', 'no'],
  ['fil-PH', undefined],
  ['eu', undefined],
  [null, undefined],
  ['not a locale', undefined],
])('a person with the locale %s reads %s at Mailchimp', (locale, code) => {
  expect(mailchimpLanguage(locale)).toBe(code)
})
