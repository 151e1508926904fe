import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { createVault } from './secrets.ts'

const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`
const [first, second] = [key('a'), key('b')]

test('what was sealed opens for its owner, and does not show what is in it', () => {
  const vault = createVault(first)
  const sealed = vault.seal('{"apiKey":"geheim"}', 'int_1')
  expect(sealed).not.toContain('geheim')
  expect(vault.open(sealed, 'int_1')).toBe('{"apiKey":"geheim"}')
  expect(vault.seal('x', 'int_1')).not.toBe(vault.seal('x', 'int_1'))
})

test('credentials copied to another account’s row, or changed, do not open', () => {
  const vault = createVault(first)
  const sealed = vault.seal('secret', 'int_1')
  expect(() => vault.open(sealed, 'int_2')).toThrow(/belong to another account/)
  const [head, data = ''] = [sealed.slice(0, sealed.lastIndexOf('.')), sealed.split('.').at(-1)]
  const changed = `${head}.${data.startsWith('A') ? 'B' : 'A'}${data.slice(1)}`
  expect(() => vault.open(changed, 'int_1')).toThrow(/were changed/)
})

test('a key is replaced by putting the new one first; without the old one its texts say which key is missing', () => {
  const old = createVault(first)
  const sealed = old.seal('secret', 'int_1')
  const both = createVault(`${second},${first}`)
  expect(both.open(sealed, 'int_1')).toBe('secret')
  expect(both.isOld(sealed)).toBe(true)
  expect(both.isOld(both.seal('secret', 'int_1'))).toBe(false)
  expect(() => createVault(second).open(sealed, 'int_1')).toThrow(/"a", which is not in ENCRYPTION_KEYS/)
})

test('without keys nothing can be stored, and the error says which setting is missing', () => {
  expect(() => createVault('').seal('secret', 'int_1')).toThrow(/ENCRYPTION_KEYS is not set/)
})
