import { expect, test } from 'vitest'
import { newId } from '../../entities/ids.ts'
import { idInTitle, nameInTitle, titleOf } from './title.ts'

test('a title carries the campaign’s id, and the name comes back without it', () => {
  const id = newId('campaign')
  const title = titleOf({ id, name: 'Spring [sale]' })
  expect([idInTitle(title), nameInTitle(title)]).toEqual([id, 'Spring [sale]'])
})

test('a copy made at Mailchimp is not taken for the original', () => {
  const title = `${titleOf({ id: newId('campaign'), name: 'Spring' })} (copy 01)`
  expect([idInTitle(title), nameInTitle(title)]).toEqual([undefined, 'Spring (copy 01)'])
})

test('a title that only looks like one of ours carries no id', () => {
  expect([idInTitle('Spring [camp_1]'), idInTitle('Spring')]).toEqual([undefined, undefined])
})
