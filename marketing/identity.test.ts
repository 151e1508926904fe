import { describe, expect, test } from 'vitest'
import {
  countryOfLocale,
  normaliseEmail,
  normaliseLocale,
  normalisePhone,
  normaliseTimeZone,
} from './identity.ts'

describe('an e-mail address', () => {
  test.each([
    [' Anna@Example.COM ', 'anna@example.com'],
    ["o'hara+news@mail.example.co.uk", "o'hara+news@mail.example.co.uk"],
    ['a@xn--bcher-kva.example', 'a@xn--bcher-kva.example'],
    ['Anna@Bücher.example', 'anna@xn--bcher-kva.example'],
    ['anna@例え.テスト', 'anna@xn--r8jz45g.xn--zckzah'],
  ])('%j is stored as %j', (raw, value) => {
    expect(normaliseEmail(raw)).toEqual({ ok: true, value })
  })

  test.each([
    '',
    'anna',
    'anna@',
    '@example.com',
    'anna@example',
    'an na@example.com',
    'a..b@example.com',
    '.a@example.com',
    'a@-x.com',
    'a@b.c',
  ])('%j is none', (raw) => {
    expect(normaliseEmail(raw)).toEqual({ ok: false, message: 'is not an e-mail address' })
  })

  test('has at most 254 characters, and 64 before the @', () => {
    const longest = `${'a'.repeat(60)}@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.example`
    const at = (length: number) => `${'x'.repeat(length - longest.length + 60)}${longest.slice(60)}`
    expect(normaliseEmail(longest).ok).toBe(true)
    expect(normaliseEmail(at(255))).toMatchObject({ message: 'is longer than 254 characters' })
    expect(normaliseEmail(`${'a'.repeat(64)}@example.com`).ok).toBe(true)
    expect(normaliseEmail(`${'a'.repeat(65)}@example.com`)).toMatchObject({
      message: 'has more than 64 characters before the @',
    })
  })
})

test('an e-mail address with other letters before the @ is refused with the reason', () => {
  expect(normaliseEmail('josé@example.com')).toEqual({
    ok: false,
    message: 'has letters before the @ that mail systems do not take: use a to z',
  })
})

describe('a phone number', () => {
  test('is stored in E.164, whatever country the caller means', () => {
    expect(normalisePhone('+34 612 34 56 78')).toEqual({ ok: true, value: '+34612345678' })
    expect(normalisePhone('612 345 678', 'es')).toEqual({ ok: true, value: '+34612345678' })
    expect(normalisePhone('+49 1512 3456789', 'ES')).toEqual({ ok: true, value: '+4915123456789' })
  })

  test('says what is missing', () => {
    expect(normalisePhone('612345678')).toMatchObject({ message: expect.stringContaining('has no country') })
    expect(normalisePhone('12', 'ES')).toEqual({ ok: false, message: 'is not a phone number' })
    expect(normalisePhone('+34 12')).toEqual({ ok: false, message: 'is not a phone number' })
    expect(normalisePhone('612345678', 'XX')).toMatchObject({
      message: expect.stringContaining('XX is not a country'),
    })
  })
})

test('a locale gets its canonical spelling, and names a country if it has one', () => {
  expect(normaliseLocale('ES-mx')).toEqual({ ok: true, value: 'es-MX' })
  expect(normaliseLocale('español').ok).toBe(false)
  expect([
    countryOfLocale('es-MX'),
    countryOfLocale('es'),
    countryOfLocale('??'),
    countryOfLocale(null),
  ]).toEqual(['MX', undefined, undefined, undefined])
})

test('a time zone is one that exists', () => {
  expect(normaliseTimeZone('Europe/Madrid')).toEqual({ ok: true, value: 'Europe/Madrid' })
  expect(normaliseTimeZone('Europe/Atlantis').ok).toBe(false)
})
