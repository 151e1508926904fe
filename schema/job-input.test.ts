import { type GraphQLSchema, isEnumType, isInputObjectType } from 'graphql'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { type AnyJobDefinition, defineJobFor } from '../ledger/definition.ts'
import { buildSchema } from './index.ts'
import { jobInputOf, withoutOptionalNulls } from './job-input.ts'

const define = defineJobFor<unknown>()
const job = (input: z.ZodType, more: Partial<AnyJobDefinition> = {}): AnyJobDefinition =>
  define({
    name: 'report.send-weekly',
    description: 'Sends it.',
    input: input as z.ZodType<object>,
    mutation: { permission: 'jobs:write' },
    async run() {},
    ...more,
  })

const options = { idempotencyKey: 'String', runAt: 'DateTime', priority: 'JobPriority' }
const fieldsOf = (schema: GraphQLSchema) => {
  const input = schema.getType('EnqueueReportSendWeeklyInput')
  if (!isInputObjectType(input)) throw new Error('no input type')
  return Object.fromEntries(Object.values(input.getFields()).map(({ name, type }) => [name, String(type)]))
}

test('a definition gives the API a mutation with a typed input, an enum value and their descriptions', () => {
  const schema = buildSchema([
    job(
      z.object({
        to: z.email().describe('Who gets it'),
        copies: z.int().max(9),
        ratio: z.number().optional(),
        urgent: z.boolean().default(false),
        mode: z.enum(['full', 'very-short']).optional(),
        tags: z.array(z.string()),
        filter: z.object({ since: z.iso.datetime(), deep: z.object({ n: z.int().nullish() }) }),
        anything: z.record(z.string(), z.unknown()).optional(),
        matrix: z.array(z.array(z.number())),
        either: z.union([z.string(), z.number()]),
        nothing: z.string().nullable(),
      }),
    ),
  ])
  const mutation = schema.getMutationType()!.getFields().enqueueReportSendWeekly!
  expect(mutation.description).toBe('Sends it.')
  const input = schema.getType('EnqueueReportSendWeeklyInput')
  if (!isInputObjectType(input)) throw new Error('no input type')
  expect(fieldsOf(schema)).toEqual({
    to: 'String!',
    copies: 'Int!',
    ratio: 'Float',
    urgent: 'Boolean',
    mode: 'EnqueueReportSendWeeklyModeInput',
    tags: '[String!]!',
    filter: 'EnqueueReportSendWeeklyFilterInput!',
    anything: 'JSON',
    matrix: 'JSON!',
    either: 'JSON!',
    nothing: 'JSON',
    ...options,
  })
  expect(input.getFields().to!.description).toBe('Who gets it')
  const mode = schema.getType('EnqueueReportSendWeeklyModeInput')
  expect(isEnumType(mode) && mode.getValues().map(({ name, value }) => [name, value])).toEqual([
    ['FULL', 'full'],
    ['VERY_SHORT', 'very-short'],
  ])
  const names = schema.getType('JobName')
  expect(isEnumType(names) && names.getValues()).toMatchObject([
    { name: 'REPORT_SEND_WEEKLY', value: 'report.send-weekly', description: 'Sends it.' },
  ])
})

test('a definition without a mutation cannot be started', () => {
  const { mutation: _, ...hidden } = job(z.object({}))
  expect(Object.keys(buildSchema([hidden]).getMutationType()!.getFields())).not.toContain(
    'enqueueReportSendWeekly',
  )
})

test('an input without named fields is given as JSON, one with none takes the options alone', () => {
  const definition = job(z.record(z.string(), z.int()))
  expect(fieldsOf(buildSchema([definition]))).toEqual({ input: 'JSON!', ...options })
  expect(jobInputOf(definition, { input: { a: 1 }, priority: 'HIGH' })).toEqual({ a: 1 })
  expect(fieldsOf(buildSchema([job(z.object({}))]))).toEqual(options)
  expect(jobInputOf(job(z.object({})), { priority: 'HIGH' })).toEqual({})
})

test('a job with a field named like an option is refused, unless it has no mutation', () => {
  const definition = job(z.object({ runAt: z.string() }))
  expect(() => buildSchema([definition])).toThrow(
    'The input of job report.send-weekly must not have a field "runAt": enqueueReportSendWeekly has an option of that name',
  )
  const { mutation: _, ...hidden } = definition
  expect(() => buildSchema([hidden])).not.toThrow()
})

test('each mutation takes one argument, `input`, whose type is named after it', () => {
  const mutations = buildSchema([job(z.object({ to: z.string() }))])
    .getMutationType()!
    .getFields()
  const shapes = Object.values(mutations)
    .filter(({ name }) => name !== 'enqueueJob')
    .map(({ name, args }) => [name, args.map((arg) => `${arg.name}: ${arg.type}`)])
  expect(shapes.length).toBeGreaterThan(5)
  for (const [name, args] of shapes)
    expect(args).toEqual([`input: ${String(name).replace(/^./, (first) => first.toUpperCase())}Input!`])
})

test('nulls for what may be left out are left out; nulls that mean something stay', () => {
  const definition = job(
    z.object({
      a: z.string().optional(),
      b: z.int().default(1),
      c: z.string().nullable(),
      d: z.string().nullish(),
      list: z.array(z.object({ e: z.boolean().optional() })),
    }),
  )
  expect(
    withoutOptionalNulls(definition, { a: null, b: null, c: null, d: null, list: [{ e: null }] }),
  ).toEqual({ c: null, d: null, list: [{}] })
})
