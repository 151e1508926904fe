import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { failureOf, type Stub, startStub } from '../stub.ts'
import { createWhatsapp } from './whatsapp.ts'

let stub: Stub
beforeEach(async () => {
  stub = await startStub()
})
afterEach(() => stub[Symbol.asyncDispose]())

const context = { signal: new AbortController().signal }
const whatsapp = (wabaId: string | undefined = '1022') =>
  createWhatsapp({ baseUrl: `${stub.url}/wa/v25.0`, token: 'tok', phoneNumberId: '1065', wabaId })
const page = (after?: string) => whatsapp().templates({ after }, context)

const template = {
  id: '920070352646140',
  name: 'fall_sale',
  status: 'APPROVED',
  category: 'MARKETING',
  language: 'en_US',
  quality_score: { score: 'GREEN', date: 1_751_247_548 },
  components: [
    { type: 'HEADER', format: 'TEXT', text: 'Fall {{1}}' },
    { type: 'BODY', text: 'Hi {{1}}, use {{2}}.', example: { body_text: [['Mark', 'FALL25']] } },
    { type: 'BUTTONS', buttons: [{ type: 'QUICK_REPLY', text: 'Stop promotions' }] },
  ],
}
const fields = 'fields=name%2Cstatus%2Clanguage%2Ccategory%2Ccomponents%2Cquality_score&limit=100'

describe('listing templates', () => {
  test('tells name, language, status, category, body and its variables, and where the next page is', async () => {
    stub.reply = { body: { data: [template], paging: { cursors: { before: 'MAZDZD', after: 'MjQZD' } } } }
    expect(await page()).toEqual({
      templates: [
        {
          name: 'fall_sale',
          language: 'en_US',
          status: 'APPROVED',
          category: 'MARKETING',
          body: 'Hi {{1}}, use {{2}}.',
          variables: ['1', '2'],
          components: template.components,
          quality: 'GREEN',
        },
      ],
      next: 'MjQZD',
    })
    expect(stub.requests[0]).toMatchObject({
      method: 'GET',
      path: `/wa/v25.0/1022/message_templates?${fields}`,
      body: undefined,
    })
    expect(stub.requests[0]!.headers.authorization).toBe('Bearer tok')
  })

  test('goes on behind a cursor', async () => {
    stub.reply = { body: { data: [template], paging: { cursors: { after: 'NDg' } } } }
    expect((await page('MjQ=')).next).toBe('NDg')
    expect(stub.requests[0]!.path).toBe(`/wa/v25.0/1022/message_templates?${fields}&after=MjQ%3D`)
  })

  test.each([
    ['it is empty', { data: [], paging: { cursors: { after: 'NDg' } } }],
    ['it has no cursors', { data: [template] }],
    ['it leads to itself', { data: [template], paging: { cursors: { after: 'MjQ=' } } }],
  ])('a page is the last when %s', async (_, body) => {
    stub.reply = { body }
    expect((await page('MjQ=')).next).toBeUndefined()
  })

  test.each([
    ['Hi {{2}} and {{10}}, {{1}}, {{2}} again', ['1', '2', '10']],
    ['Hi {{last_name}}, {{ first_name }}', ['last_name', 'first_name']],
    ['Hi', []],
  ])('the variables of "%s" are %j', async (text, variables) => {
    stub.reply = { body: { data: [{ ...template, components: [{ type: 'BODY', text }] }] } }
    expect((await page()).templates[0]!.variables).toEqual(variables)
  })

  test('takes a template without a body, or of a form it does not know', async () => {
    const odd = [
      { ...template, components: undefined },
      { ...template, components: [{ type: 'BODY' }] },
    ]
    stub.reply = { body: { data: odd } }
    expect((await page()).templates.map(({ body }) => body)).toEqual(['', ''])
  })
})

test('the app subscribes to the business account', async () => {
  stub.reply = { body: { success: true } }
  await whatsapp().subscribeApp(context)
  expect(stub.requests[0]).toMatchObject({
    method: 'POST',
    path: '/wa/v25.0/1022/subscribed_apps',
    body: undefined,
  })
  expect(stub.requests[0]!.headers.authorization).toBe('Bearer tok')
})

test.each([3, 10, 200, 299, 131005])(
  'without the permission to manage the account (%i) the call is PERMANENT, so that messages go on',
  async (code) => {
    for (const status of [400, 403, 500]) {
      stub.reply = { status, body: { error: { code, message: 'Permissions error' } } }
      for (const work of [page(), whatsapp().subscribeApp(context)]) {
        const error = await failureOf(work)
        expect(error).toMatchObject({ errorClass: 'PERMANENT', code: String(code) })
        expect(String(error)).toContain('whatsapp_business_management')
      }
    }
  },
)

test('with a token that ended, calls about the account are AUTH as all others', async () => {
  stub.reply = { status: 400, body: { error: { code: 190 } } }
  expect(await failureOf(page())).toMatchObject({ errorClass: 'AUTH', code: '190' })
})

test('without the id of the business account nothing is asked, and the error names the setting', async () => {
  const without = whatsapp('')
  for (const work of [without.templates({}, context), without.subscribeApp(context)]) {
    const error = await failureOf(work)
    expect(error).toMatchObject({ errorClass: 'PERMANENT', code: 'NO_WABA_ID' })
    expect(String(error)).toContain('WHATSAPP_WABA_ID')
  }
  expect(stub.requests).toHaveLength(0)
})
