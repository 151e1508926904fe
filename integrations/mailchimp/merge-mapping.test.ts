import { describe, expect, test } from 'vitest'
import { checkMergeMapping, parseMergeMapping } from './merge-mapping.ts'
import { mergeValues } from './merge-values.ts'

const field = (tag: string, type: string, required = false) => ({ tag, name: tag, type, required })
const types = ['text', 'number', 'address', 'phone', 'date', 'url', 'radio', 'dropdown', 'birthday', 'zip']
const audience = types.map((type) => field(type.toUpperCase(), type))
const codes = (mapping: Record<string, string>, fields = audience) =>
  checkMergeMapping(mapping, fields).map(({ code }) => code)

describe('a merge mapping', () => {
  test('that fits the audience has no problems', () => {
    const mapping = {
      firstName: 'TEXT',
      phone: 'PHONE',
      createdAt: 'DATE',
      'customFields.size': 'NUMBER',
      'customFields.born': 'BIRTHDAY',
    }
    expect(checkMergeMapping(mapping, audience)).toEqual([])
  })

  test('with a tag the audience does not have is wrong, whatever its case', () => {
    expect(checkMergeMapping({ firstName: 'FNAME' }, [field('fname', 'text')])).toEqual([
      {
        field: 'firstName',
        tag: 'FNAME',
        code: 'UNKNOWN_TAG',
        message: 'firstName: the audience has no merge field FNAME',
      },
    ])
  })

  test('may have tags of ten characters, not of eleven', () => {
    const fields = [field('A234567890', 'text'), field('A2345678901', 'text')]
    expect(codes({ firstName: 'A234567890' }, fields)).toEqual([])
    expect(codes({ firstName: 'A2345678901' }, fields)).toEqual(['TAG_TOO_LONG'])
  })

  test.each([
    ['firstName', ['TEXT', 'RADIO', 'DROPDOWN']],
    ['phone', ['PHONE', 'TEXT']],
    ['emailConsentAt', ['DATE', 'BIRTHDAY', 'TEXT']],
    ['customFields.any', audience.map(({ tag }) => tag).filter((tag) => tag !== 'ADDRESS')],
  ])('takes %s into merge fields of a type for it only', (name, fitting) => {
    const taken = audience.map(({ tag }) => tag).filter((tag) => codes({ [name]: tag }).length === 0)
    expect(taken.toSorted()).toEqual(fitting.toSorted())
    expect(codes({ [name]: 'ADDRESS' })).toEqual(['WRONG_TYPE'])
  })

  test('says which type a value needs', () => {
    const [problem] = checkMergeMapping({ phone: 'DATE' }, audience)
    expect(problem?.message).toBe('phone: DATE is of type date, the value needs phone or text')
  })

  test('has to fill every required merge field', () => {
    const fields = [field('FNAME', 'text', true), field('LNAME', 'text', true)]
    expect(checkMergeMapping({ firstName: 'FNAME' }, fields)).toEqual([
      {
        field: undefined,
        tag: 'LNAME',
        code: 'REQUIRED_NOT_MAPPED',
        message: 'the audience requires LNAME, and no field is mapped to it',
      },
    ])
  })

  test('knows only fields a lead has', () => {
    expect(codes({ shoeSize: 'TEXT' })).toEqual(['UNKNOWN_FIELD'])
    expect(codes({ toString: 'TEXT' })).toEqual(['UNKNOWN_FIELD'])
    expect(codes({ 'customFields.': 'TEXT' })).toEqual(['UNKNOWN_FIELD'])
  })

  test('fills a merge field from one field only', () => {
    expect(codes({ firstName: 'TEXT', lastName: 'TEXT' })).toEqual(['TAG_TWICE'])
  })
})

describe('a merge mapping as text', () => {
  test.each([
    ['', {}],
    ['company=COMPANY', { company: 'COMPANY' }],
    [
      ' company = COMPANY , customFields.my plan=PLAN,',
      { company: 'COMPANY', 'customFields.my plan': 'PLAN' },
    ],
    ['toString=X', { toString: 'X' }],
  ])('%o is read', (text, mapping) => {
    expect(parseMergeMapping(text)).toEqual(mapping)
  })

  test.each([
    'company',
    'company=',
    '=COMPANY',
    'company:COMPANY',
    'customFields.=X',
    'phone=A,phone=B',
    'a=B=C',
  ])('%o has another form', (text) => {
    expect(parseMergeMapping(text)).toBeUndefined()
  })
})

describe('the value of a merge field', () => {
  const write = (type: string, value: string | number | boolean | Date | null | undefined) => {
    const mapping = { 'customFields.x': 'TAG' } as const
    const { mergeFields, unfit } = mergeValues(mapping, { 'customFields.x': value }, [field('TAG', type)])
    return unfit.length > 0 ? 'unfit' : mergeFields.TAG
  }
  const time = new Date('2026-01-22T23:30:00Z')

  test.each([
    ['text', 'Jane', 'Jane'],
    ['text', 7, '7'],
    ['text', true, 'true'],
    ['radio', false, 'false'],
    ['text', time, '2026-01-22T23:30:00.000Z'],
    ['date', time, '2026-01-22'],
    ['date', '2026-01-22', '2026-01-22'],
    ['date', '22 January', 'unfit'],
    ['date', new Date('never'), 'unfit'],
    ['birthday', time, '01/22'],
    ['birthday', '1984-01-22', '01/22'],
    ['birthday', '01/22', '01/22'],
    ['birthday', '22/01', 'unfit'],
    ['number', 3.5, '3.5'],
    ['number', ' 42 ', '42'],
    ['number', 'many', 'unfit'],
    ['number', '0x10', 'unfit'],
    ['text', 'x'.repeat(256), 'unfit'],
    ['number', Number.NaN, 'unfit'],
    ['zip', '12345', '12345'],
    ['zip', 'SW1A 1AA', 'unfit'],
    ['url', 'https://example.com/', 'https://example.com/'],
    ['url', 'example', 'unfit'],
    ['url', 'mailto:jane', 'unfit'],
    ['address', '1 High Street', 'unfit'],
    ['phone', '+34612345678', '+34612345678'],
    ['date', null, ''],
    ['date', '', ''],
    ['date', undefined, undefined],
  ])('%s: %o is written %o', (type, value, written) => {
    expect(write(type, value)).toBe(written)
  })

  test('is left alone when nothing is mapped to it, and names the field of ours that does not fit', () => {
    const fields = [field('FNAME', 'text'), field('BORN', 'date')]
    const mapping = { firstName: 'FNAME', 'customFields.born': 'BORN', lastName: 'GONE' } as const
    const values = { firstName: 'Jane', 'customFields.born': 'in May', lastName: 'Doe', phone: '+34' }
    expect(mergeValues(mapping, values, fields)).toEqual({
      mergeFields: { FNAME: 'Jane' },
      unfit: ['customFields.born'],
    })
  })
})
