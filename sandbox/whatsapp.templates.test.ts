import { expect, test } from 'vitest'
import { startToldSandbox, type Told, whatsappChanges } from '../test/support/sandbox-hooks.ts'

const waba = '102290129340398'
const rich = {
  vendor: 'whatsapp',
  name: 'order_ready',
  languages: ['en'],
  components: [
    { type: 'HEADER', format: 'IMAGE' },
    { type: 'BODY', text: 'Hello {{first_name}}, order {{order_id}} is ready' },
    { type: 'FOOTER', text: 'Solaria' },
    {
      type: 'BUTTONS',
      buttons: [
        { type: 'QUICK_REPLY', text: 'Stop' },
        { type: 'URL', text: 'See', url: 'https://a.example/{{1}}' },
      ],
    },
  ],
}
type Page = { data: { name: string }[]; paging: { next?: string; cursors: { after: string } } }
const header = { type: 'header', parameters: [{ type: 'image', image: { link: 'https://a.example/a.jpg' } }] }
const body = {
  type: 'body',
  parameters: [
    { type: 'text', parameter_name: 'order_id', text: 'A-17' },
    { type: 'text', parameter_name: 'first_name', text: 'Jane' },
  ],
}
const button = { type: 'button', sub_type: 'url', index: '1', parameters: [{ type: 'text', text: 'A-17' }] }

async function startWithTemplate() {
  const told = await startToldSandbox()
  expect((await told.ask('POST', '/_sandbox/templates', rich)).status).toBe(201)
  return told
}

const send = ({ ask }: Told, components: object[], name = 'order_ready') =>
  ask('POST', '/wa/v25.0/106540352242922/messages', {
    messaging_product: 'whatsapp',
    to: '16505551234',
    type: 'template',
    template: { name, language: { code: 'en' }, components },
  })

test('a template with a picture, named values and a button is filled in', async () => {
  const told = await startWithTemplate()
  expect(await send(told, [header, body, button])).toMatchObject({ status: 200 })
})

test.each([
  ['no picture', [body, button], 132000],
  [
    'a text for a picture',
    [{ type: 'header', parameters: [{ type: 'text', text: 'x' }] }, body, button],
    132012,
  ],
  [
    'a picture from nowhere',
    [{ type: 'header', parameters: [{ type: 'image', image: {} }] }, body, button],
    131008,
  ],
  [
    'a value of another name',
    [
      header,
      {
        ...body,
        parameters: [body.parameters[0], { type: 'text', parameter_name: 'last_name', text: 'Doe' }],
      },
      button,
    ],
    131008,
  ],
  ['no value for the button', [header, body], 131008],
  ['a button that is not there', [header, body, button, { ...button, index: '5' }], 132012],
  ['a button of another type', [header, body, { ...button, sub_type: 'quick_reply' }], 132012],
  [
    'a text that gets too long',
    [
      header,
      { ...body, parameters: [{ ...body.parameters[0], text: 'x'.repeat(1024) }, body.parameters[1]] },
      button,
    ],
    132005,
  ],
])('a template with %s is refused', async (_, components, code) => {
  const told = await startWithTemplate()
  expect((await send(told, components)).body.error.code).toBe(code)
})

test.each([
  ['PAUSED', 132015],
  ['DISABLED', 132016],
  ['REJECTED', 132001],
  ['PENDING', 132001],
])('a template that becomes %s is told, listed as such and refused', async (status, code) => {
  const told = await startWithTemplate()
  await told.happen('whatsapp', {
    type: 'templateStatus',
    name: 'order_ready',
    status,
    reason: 'LOW_QUALITY',
  })
  const [change] = (await told.receiver.until(1)).flatMap(whatsappChanges)
  const about = { event: status, message_template_name: 'order_ready', message_template_language: 'en' }
  expect(change).toMatchObject({ field: 'message_template_status_update', value: about })
  const listed = await told.ask('GET', `/wa/v25.0/${waba}/message_templates?name=order_ready&fields=status`)
  expect(listed.body.data).toEqual([{ id: expect.any(String), status }])
  expect((await send(told, [header, body, button])).body.error.code).toBe(code)
  await told.happen('whatsapp', { type: 'templateStatus', name: 'order_ready', status: 'APPROVED' })
  expect((await send(told, [header, body, button])).status).toBe(200)
})

test('templates are read page by page until there is no next one', async () => {
  const told = await startWithTemplate()
  const names: string[] = []
  const path = `/wa/v25.0/${waba}/message_templates?fields=name,components,category,parameter_format&limit=2`
  let after: string | undefined = ''
  for (let turn = 0; after !== undefined && turn < 9; turn += 1) {
    const page = await told.ask('GET', `${path}&after=${after}`)
    const { data, paging }: Page = page.body
    names.push(...data.map(({ name }) => name))
    after = paging.next && paging.cursors.after
  }
  expect(names).toEqual(['welcome_lead', 'welcome_lead', 'welcome_lead', 'welcome_lead', 'order_ready'])
  const [own] = (await told.ask('GET', `/wa/v25.0/${waba}/message_templates?name=order_ready`)).body.data
  expect(own).toMatchObject({ category: 'UTILITY', parameter_format: 'NAMED', components: rich.components })
})

test.each(['fields=colour', 'limit=many', 'after=%25%25'])(
  'a list of templates with %s is refused',
  async (query) => {
    const told = await startToldSandbox()
    const answer = await told.ask('GET', `/wa/v25.0/${waba}/message_templates?${query}`)
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 100 } } })
  },
)
