import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { newId } from '../../entities/ids.ts'
import { WhatsappTemplate } from '../../entities/whatsapp-template.ts'
import { createWorld, type World } from '../../test/support/world.ts'
import { type ListedTemplate, saveTemplates, templateProblem } from './templates.ts'

let world: World
let workspaceId: string
beforeAll(async () => {
  world = await createWorld([])
})
afterAll(() => world.close())
beforeEach(async () => {
  workspaceId = newId('workspace')
  await world
    .fork()
    .execute('insert into workspace (id, slug, name, time_zone, created_at) values (?, ?, ?, ?, ?)', [
      workspaceId,
      workspaceId.slice(-20),
      'Test',
      'UTC',
      new Date(),
    ])
})

const at = (minute: number) => new Date(Date.UTC(2026, 10, 24, 10, minute, 0, 5))
const welcome: ListedTemplate = {
  name: 'welcome_lead',
  language: 'en',
  status: 'APPROVED',
  category: 'UTILITY',
  body: 'Hello {{1}} 👋',
  variables: ['1'],
}
const save = (templates: ListedTemplate[], minute: number, workspace = workspaceId) =>
  world.ledger.transaction((em) => saveTemplates(em, workspace, templates, at(minute)))
const saved = () =>
  world.fork().find(WhatsappTemplate, { workspaceId }, { orderBy: { name: 'asc', language: 'asc' } })

describe('saving a list of templates', () => {
  test('keeps everything there is to know of each', async () => {
    const sale = { ...welcome, name: 'sale', language: 'pt_BR', variables: ['first_name', 'code'] }
    await save([welcome, sale], 0)
    expect(await saved()).toMatchObject([
      { ...sale, id: expect.stringMatching(/^watpl_/), syncedAt: at(0) },
      { ...welcome, syncedAt: at(0) },
    ])
  })

  test('changes what changed, adds what is new, deletes what is gone, and says how much that is', async () => {
    const german = { ...welcome, language: 'de' }
    await save([welcome, german, { ...welcome, name: 'old' }], 0)
    const before = await saved()
    const paused = { ...welcome, status: 'PAUSED', category: 'MARKETING', body: 'Hi', variables: [] }
    expect(await save([paused, { ...welcome, name: 'sale' }], 1)).toBe(2)
    const after = await saved()
    expect(after).toMatchObject([
      { name: 'sale', language: 'en' },
      { ...paused, syncedAt: at(1) },
    ])
    expect(after[1]!.id).toBe(
      before.find(({ name, language }) => name === 'welcome_lead' && language === 'en')!.id,
    )
  })

  test('that is empty deletes all, but nothing of other workspaces', async () => {
    await save([welcome], 0)
    await save([welcome], 0, world.actor.workspaceId)
    expect(await save([], 1)).toBe(1)
    expect(await saved()).toEqual([])
    expect(
      await templateProblem(world.fork(), world.actor.workspaceId, 'welcome_lead', 'en', 1),
    ).toBeUndefined()
  })

  test('as long as an account may have is saved whole', async () => {
    const many = Array.from({ length: 1_201 }, (_, index) => ({ ...welcome, name: `template_${index}` }))
    await save(many, 0)
    expect(await save(many, 1)).toBe(0)
    expect(await saved()).toHaveLength(1_201)
  })
})

describe('what is wrong with a template', () => {
  const problem = (name: string, language: string, parameters: number) =>
    templateProblem(world.fork(), workspaceId, name, language, parameters)

  test('is nothing when it is approved and the values are as many as its placeholders', async () => {
    await save([welcome, { ...welcome, name: 'plain', variables: [] }], 0)
    expect(await problem('welcome_lead', 'en', 1)).toBeUndefined()
    expect(await problem('plain', 'en', 0)).toBeUndefined()
  })

  test.each([0, 2])('is the number of values when it is %i in place of one', async (count) => {
    await save([welcome], 0)
    expect(await problem('welcome_lead', 'en', count)).toBe('WRONG_PARAMETERS')
  })

  test('is its language when it is written in others only', async () => {
    await save([welcome], 0)
    expect(await problem('welcome_lead', 'en_US', 1)).toBe('UNKNOWN_LANGUAGE')
  })

  test.each(['PENDING', 'REJECTED', 'PAUSED', 'DISABLED'])('is its state when that is %s', async (status) => {
    await save([{ ...welcome, status }], 0)
    expect(await problem('welcome_lead', 'en', 1)).toBe('NOT_APPROVED')
  })

  test('is that nobody approved it when the account has others only', async () => {
    await save([welcome], 0)
    expect(await problem('nothing', 'en', 1)).toBe('NOT_APPROVED')
  })

  test('is not known before the first sync', async () => {
    await save([welcome], 0, world.actor.workspaceId)
    expect(await problem('welcome_lead', 'en', 1)).toBeUndefined()
  })
})
