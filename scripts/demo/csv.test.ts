import { expect, test } from 'vitest'
import { parseCsv } from './csv.ts'

test('a row becomes an object by the names of the first line', () => {
  expect(parseCsv('name,city\nAna,Madrid\r\nZoé,Paris\n')).toEqual([
    { name: 'Ana', city: 'Madrid' },
    { name: 'Zoé', city: 'Paris' },
  ])
})

test('a quoted cell may hold commas, quotes and line breaks', () => {
  expect(parseCsv('a,b\n"x, ""y""\nz",2')).toEqual([{ a: 'x, "y"\nz', b: '2' }])
})

test('spaces belong to a cell, and cells may be empty', () => {
  expect(parseCsv('a,b,c\n Ana ,,\n')).toEqual([{ a: ' Ana ', b: '', c: '' }])
})

test('empty lines are passed over', () => {
  expect(parseCsv('a\n1\n\n2\n\n')).toEqual([{ a: '1' }, { a: '2' }])
})

test('a quote that is not closed is an error that names the row', () => {
  expect(() => parseCsv('a,b\n1,2\n"x,3\n')).toThrow('row 3')
})
