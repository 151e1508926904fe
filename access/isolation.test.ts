import { isNonNullType } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { Lead } from '../entities/lead.ts'
import { defineJobFor } from '../ledger/definition.ts'
import { buildSchema } from '../schema/index.ts'
import { type Api, startApi } from '../test/support/api.ts'
import { examples, mutationDocument } from '../test/support/mutations.ts'
import { registry } from '../workers/registry.ts'

/** What a job finds, changes and deletes that names a lead and forgets the workspace. */
interface Seen {
  found: string[]
  changed: number
  deleted: number
}
const forgetful = (name: string, scope: 'WORKSPACE' | 'INSTALLATION') =>
  defineJobFor<unknown>()({
    name,
    description: 'Forgets the workspace.',
    input: z.strictObject({ id: z.string() }),
    scope,
    async run({ id }: { id: string }, { em, transaction }): Promise<Seen> {
      const found = await em.find(Lead, { id }, { disableIdentityMap: true })
      const by = await transaction(async (within) => ({
        changed: await within.nativeUpdate(Lead, { id }, { company: 'Changed' }),
        deleted: await within.nativeDelete(Lead, { id }),
      }))
      return { found: found.map((lead) => lead.id), ...by }
    },
  })
const jobs = [
  forgetful('forgetful.workspace', 'WORKSPACE'),
  forgetful('forgetful.installation', 'INSTALLATION'),
]

const schema = buildSchema(registry)
const mutations = Object.keys(schema.getMutationType()!.getFields())

let api: Api
let strangerId: string
let stranger: string
beforeAll(async () => {
  api = await startApi([...registry, ...jobs])
  strangerId = await api.addWorkspace()
  stranger = await api.addKey({ role: 'ADMIN', workspaceId: strangerId })
})
afterAll(() => api.close())

const ids = /"(lead|job|camp|sched|msg|hook|key|bak)_[0-7][0-9a-z]{25}"/

describe.each(mutations)('%s', (name) => {
  test('treats ids of another workspace like ids that do not exist', async () => {
    const variables = await examples[name]!({ ...api, schema })
    if (!ids.test(JSON.stringify(variables))) return
    const before = await contents()
    const document = mutationDocument(schema, name, '{ __typename ... on Error { code message } }')
    const { data, errors } = await api.ask(document, variables, { key: stranger })
    const code = errors?.[0]?.extensions.code ?? data[name].code
    if (name !== 'resolveMessages') expect(['NOT_FOUND', 'INVALID_INPUT', 'FORBIDDEN']).toContain(code)
    expect(await contents()).toEqual(before)
  })
})

async function contents(): Promise<unknown> {
  const { fork, actor } = api.world
  const tables = ['lead', 'job', 'campaign', 'schedule', 'message', 'webhook_receipt', 'audit']
  const rows = tables.map((table) =>
    fork().execute<object[]>(`select * from \`${table}\` where workspace_id in (?, ?) order by id`, [
      actor.workspaceId,
      strangerId,
    ]),
  )
  return Promise.all(rows)
}

const fields = ['query', 'subscription'].flatMap((kind) => {
  const type = kind === 'query' ? schema.getQueryType()! : schema.getSubscriptionType()!
  return Object.values(type.getFields())
    .filter(({ args }) => args.some((arg) => isNonNullType(arg.type) && /^(id|\w+Id)$/.test(arg.name)))
    .map((field) => [kind, field.name, field] as const)
})

test.each(fields)('the %s %s shows nothing of another workspace', async (kind, name, field) => {
  const example = { campaign: 'updateCampaign', schedule: 'pauseSchedule', job: 'cancelJob' } as const
  const about = (['campaign', 'schedule', 'job'] as const).find((noun) => name.toLowerCase().includes(noun))
  const { input } = await examples[about ? example[about] : 'updateLead']!({ ...api, schema })
  const given = field.args
    .filter((arg) => isNonNullType(arg.type))
    .map((arg) => `${arg.name}: ${JSON.stringify((input as { id: string }).id)}`)
  const query = `${kind} { ${name}(${given.join(', ')}) { __typename } }`
  if (kind === 'query') {
    const { data, errors } = await api.ask(query, {}, { key: stranger })
    expect(errors ? errors[0]!.extensions.code : data[name]).toSatisfy((answer) =>
      [null, 'FORBIDDEN', 'NOT_FOUND'].includes(answer as string | null),
    )
    return
  }
  const { value } = await api.socket(stranger).iterate({ query }).next()
  expect(value.errors?.[0]?.extensions?.code).toBe('NOT_FOUND')
})

test('a job that forgets its workspace does not reach another one, and one for the whole installation does', async () => {
  const { input } = await examples.updateLead!({ ...api, schema })
  const { id } = input as { id: string }
  const stop = api.world.startWorkers({ definitions: jobs })
  const stopDispatcher = api.world.startDispatcher()
  const run = async (definition: (typeof jobs)[number]): Promise<Seen> => {
    const actor = { workspaceId: strangerId, correlationId: 'test' }
    const { job } = await api.world.ledger.enqueue({ definition, input: { id }, actor })
    const done = await api.world.until('the job is done', async () => {
      const [row] = await api.world.ledger.load(api.world.fork(), strangerId, [job.id])
      return row?.state === 'COMPLETED' ? row : undefined
    })
    return done.result as Seen
  }
  expect(await run(jobs[0]!)).toEqual({ found: [], changed: 0, deleted: 0 })
  expect(await run(jobs[1]!)).toEqual({ found: [id], changed: 1, deleted: 1 })
  await stop()
  await stopDispatcher()
})
