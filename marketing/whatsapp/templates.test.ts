import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { newId } from '../../entities/ids.ts'
import { WhatsappTemplate } from '../../entities/whatsapp-template.ts'
import { createWorld, type World } from '../../test/support/world.ts'
import { changeTemplate } from './template-change.ts'
import { chooseTemplate, findTemplate, type ListedTemplate, saveTemplates } from './templates.ts'

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
    const described = { ...welcome, quality: 'GREEN', components: [{ type: 'BODY', text: 'Hello {{1}} 👋' }] }
    await save([described, sale], 0)
    expect(await saved()).toMatchObject([
      { ...sale, id: expect.stringMatching(/^watpl_/), syncedAt: at(0) },
      { ...described, syncedAt: at(0) },
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

  test('does not undo what WhatsApp reported while it was being read', async () => {
    await save([welcome], 0)
    const which = { workspaceId, name: 'welcome_lead', language: 'en' }
    await world.ledger.transaction((em) =>
      changeTemplate(em, which, { status: 'PAUSED', quality: 'RED' }, at(2)),
    )
    await save([{ ...welcome, body: 'Hi {{1}}', quality: 'GREEN' }], 1)
    expect(await saved()).toMatchObject([{ status: 'PAUSED', quality: 'RED', body: 'Hi {{1}}' }])
    await save([{ ...welcome, quality: 'GREEN' }], 3)
    expect(await saved()).toMatchObject([{ status: 'APPROVED', quality: 'GREEN' }])
  })

  test('that is empty deletes all, but nothing of other workspaces', async () => {
    await save([welcome], 0)
    await save([welcome], 0, world.actor.workspaceId)
    expect(await save([], 1)).toBe(1)
    expect(await saved()).toEqual([])
    expect(await findTemplate(world.fork(), world.actor.workspaceId, 'welcome_lead')).toHaveLength(1)
  })

  test('as long as an account may have is saved whole', async () => {
    const many = Array.from({ length: 1_201 }, (_, index) => ({ ...welcome, name: `template_${index}` }))
    await save(many, 0)
    expect(await save(many, 1)).toBe(0)
    expect(await saved()).toHaveLength(1_201)
  })
})

describe('a template that is to be sent', () => {
  const choose = async (
    name: string,
    languages: string[] | undefined,
    variables: Record<string, string> = { 1: 'Anna' },
    locale = 'de-AT',
  ) => chooseTemplate(await findTemplate(world.fork(), workspaceId, name), locale, languages, variables)

  test('is filled in when it is approved and the values are those it asks for', async () => {
    await save([welcome, { ...welcome, name: 'plain', body: 'Hello', variables: [] }], 0)
    expect(await choose('welcome_lead', ['en'])).toEqual({ language: 'en', body: 'Hello Anna 👋' })
    expect(await choose('plain', ['en'], {})).toEqual({ language: 'en', body: 'Hello' })
  })

  test('is sent in the language of the person, of those it is approved in', async () => {
    const others = ['de', 'es'].map((language) => ({ ...welcome, language }))
    await save([welcome, ...others, { ...welcome, language: 'fr', status: 'PAUSED' }], 0)
    const languageFor = async (locale: string) => {
      const choice = await choose('welcome_lead', undefined, { 1: 'x' }, locale)
      return 'language' in choice ? choice.language : choice
    }
    expect(await Promise.all(['de-AT', 'es', 'fr'].map(languageFor))).toEqual(['de', 'es', 'de'])
  })

  test.each([{}, { 1: 'a', 2: 'b' }, { name: 'a' }])('is refused with the values %j', async (variables) => {
    await save([welcome], 0)
    expect(await choose('welcome_lead', ['en'], variables as Record<string, string>)).toEqual({
      problem: 'WRONG_PARAMETERS',
    })
  })

  test('is refused in a language it is not written in', async () => {
    await save([welcome], 0)
    expect(await choose('welcome_lead', ['en_US'])).toEqual({ problem: 'UNKNOWN_LANGUAGE' })
  })

  test.each(['PENDING', 'REJECTED', 'PAUSED', 'DISABLED'])('is refused while it is %s', async (status) => {
    await save([{ ...welcome, status }], 0)
    expect(await choose('welcome_lead', ['en'])).toEqual({ problem: 'NOT_APPROVED' })
    expect(await choose('welcome_lead', undefined)).toEqual({ problem: 'NOT_APPROVED' })
  })

  test('is refused when the account has others only', async () => {
    await save([welcome], 0)
    expect(await choose('nothing', ['en'])).toEqual({ problem: 'NOT_APPROVED' })
  })

  test('is left to WhatsApp before the first sync, in a language that somebody names', async () => {
    await save([welcome], 0, world.actor.workspaceId)
    expect(await choose('welcome_lead', ['en', 'de'])).toEqual({ language: 'de' })
    expect(await choose('welcome_lead', undefined)).toEqual({ problem: 'UNKNOWN_LANGUAGE' })
  })
})
