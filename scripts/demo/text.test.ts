import { expect, test } from 'vitest'
import { clip, pad, widthOf } from './text.ts'

test('letters of East Asia and emoji take two columns, accents none', () => {
  expect(['Ana', 'Zoé', 'Zoe\u0301', '田中', '지우', '🚀', '👩‍💻', '❤️'].map(widthOf)).toEqual([
    3, 3, 3, 4, 4, 2, 2, 2,
  ])
})

test('a text that is too long ends with an ellipsis and fills its columns at most', () => {
  expect([clip('García', 6), clip('García', 5), clip('田中田中', 6), clip('García', 0)]).toEqual([
    'García',
    'Garc…',
    '田中…',
    '',
  ])
})

test('padded texts all take the same columns', () => {
  expect(['Ana', '田中', 'Jürgen Groß', 'a🚀b🚀c'].map((text) => widthOf(pad(text, 6)))).toEqual([6, 6, 6, 6])
})
