import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { WhatsappTemplate } from '../entities/whatsapp-template.ts'
import { type Stub, startStub } from '../integrations/stub.ts'
import { createWhatsapp } from '../integrations/whatsapp/whatsapp.ts'
import { createWorld, type World } from '../test/support/world.ts'
import { whatsappTemplates } from './whatsapp.templates.ts'

let world: World
let stub: Stub
beforeAll(async () => {
  world = await createWorld([whatsappTemplates])
  world.startDispatcher()
  const accounts = async (workspaceId: string) => {
    expect(workspaceId).toBe(world.actor.workspaceId)
    const account = { baseUrl: `${stub.url}/v25.0`, token: 'tok', phoneNumberId: '1065', wabaId: '1022' }
    return { whatsapp: createWhatsapp(account) }
  }
  world.startWorkers({ services: { accounts } })
})
afterAll(() => world.close())
beforeEach(async () => {
  stub = await startStub()
  await world.fork().execute('delete from whatsapp_template')
})
afterEach(() => stub[Symbol.asyncDispose]())

/** A server with so many templates; it works for so many requests. */
function serve(count: number, working = Infinity): void {
  const all = Array.from({ length: count }, (_, index) => ({
    name: `template_${index}`,
    language: 'en',
    status: 'APPROVED',
    category: 'UTILITY',
    components: [{ type: 'BODY', text: 'Hello {{1}}' }],
  }))
  stub.reply = (request, response) => {
    const query = new URL(request.url!, stub.url).searchParams
    const start = Number(query.get('after') ?? 0)
    const data = all.slice(start, start + Number(query.get('limit')))
    const refusal = { error: { code: 100, message: 'Invalid parameter' } }
    const page = { data, paging: { cursors: { after: String(start + data.length) } } }
    response.end(JSON.stringify(stub.requests.length > working ? refusal : page))
  }
}
const run = async () => {
  const { job } = await world.ledger.enqueue({ definition: whatsappTemplates, input: {}, actor: world.actor })
  return world.until('the job is final', async () => {
    const now = await world.job(job.id)
    return ['COMPLETED', 'DEAD'].includes(now.state) ? now : undefined
  })
}
const names = async () =>
  (await world.fork().find(WhatsappTemplate, {}, { orderBy: { name: 'asc' } })).map(({ name }) => name)

describe('the templates of an account', () => {
  test('are read page by page and saved', async () => {
    serve(250)
    const job = await run()
    expect(job).toMatchObject({ state: 'COMPLETED', result: { templates: 250, deleted: 0 } })
    expect(job.progress).toEqual({ read: 250 })
    expect(stub.requests.map(({ path }) => new URL(path, stub.url).searchParams.get('after'))).toEqual([
      null,
      '100',
      '200',
      '250',
    ])
    expect(await names()).toHaveLength(250)
  })

  test('are deleted here when they are gone there', async () => {
    serve(3)
    await run()
    serve(1)
    expect(await run()).toMatchObject({ result: { templates: 1, deleted: 2 } })
    expect(await names()).toEqual(['template_0'])
  })

  test('stay as they are when a page cannot be read', async () => {
    serve(3)
    await run()
    serve(250, stub.requests.length + 2)
    expect(await run()).toMatchObject({ state: 'DEAD', errorClass: 'PERMANENT' })
    expect(await names()).toEqual(['template_0', 'template_1', 'template_2'])
  })
})
