import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineJobFor } from './definition.ts'
import { InvalidInputError } from './errors.ts'
import { fingerprint, parseInput, upcastInput } from './input.ts'

const define = defineJobFor<unknown>()
const definition = define<{ leadId: string; channel: string }>({
  name: 'note.send',
  description: 'Version 3: `lead` became `leadId`, then a channel was added.',
  version: 3,
  input: z.strictObject({ leadId: z.string(), channel: z.string() }),
  upcasters: {
    1: ({ lead }) => ({ leadId: lead }),
    2: (input) => ({ ...input, channel: 'EMAIL' }),
  },
  async run() {},
})

describe('an input of an older version', () => {
  test('runs on today’s code, through every step in between', () => {
    expect(upcastInput(definition, { lead: 'lead_1' }, 1)).toEqual({ leadId: 'lead_1', channel: 'EMAIL' })
    expect(upcastInput(definition, { leadId: 'lead_1' }, 2)).toEqual({ leadId: 'lead_1', channel: 'EMAIL' })
  })

  test('without a way to today’s version is refused, not guessed', () => {
    const gap = { ...definition, upcasters: { 2: definition.upcasters![2]! } }
    expect(() => upcastInput(gap, { lead: 'lead_1' }, 1)).toThrow(/version 1 has no upcaster in note\.send/)
  })

  test('that is newer than the worker’s code is refused', () => {
    expect(() => upcastInput(definition, {}, 4)).toThrow(InvalidInputError)
  })
})

test('every wrong value is named at once', () => {
  const attempt = () => parseInput(definition, { leadId: 7, extra: true })
  expect(attempt).toThrow(/leadId: .*channel: .*extra/s)
})

test('32 KB of input are taken, one byte more is not', () => {
  const input = (bytes: number) => ({
    leadId: 'x'.repeat(bytes - JSON.stringify({ leadId: '', channel: '' }).length),
    channel: '',
  })
  expect(parseInput(definition, input(32_768))).toBeDefined()
  expect(() => parseInput(definition, input(32_769))).toThrow(/32769 bytes/)
})

test('a fingerprint does not depend on the order of keys', () => {
  expect(fingerprint({ a: 1, b: { c: 2, d: [1, 2] } })).toBe(fingerprint({ b: { d: [1, 2], c: 2 }, a: 1 }))
  expect(fingerprint({ a: [1, 2] })).not.toBe(fingerprint({ a: [2, 1] }))
})
