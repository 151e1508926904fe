import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { startToldSandbox, type Told, whatsappChanges } from '../test/support/sandbox-hooks.ts'

const phone = '106540352242922'
const authorization = 'Bearer EAAsandbox'

type Form = { file?: Buffer; type?: string; product?: string; more?: string }

async function upload(
  { url }: Told,
  { file = Buffer.from([0, 1, 13, 10, 255]), type = 'image/png', product = 'whatsapp', more }: Form = {},
) {
  const form = new FormData()
  form.set('messaging_product', product)
  form.set('type', type)
  if (more) form.set(more, 'x')
  form.set('file', new Blob([new Uint8Array(file)], { type }), 'naïve name.png')
  const response = await fetch(`${url}/wa/v25.0/${phone}/media`, {
    method: 'POST',
    headers: { authorization },
    body: form,
  })
  return { status: response.status, body: JSON.parse(await response.text()) }
}

test('an uploaded file comes back byte for byte, can be sent, and is gone once deleted', async () => {
  const told = await startToldSandbox()
  const file = Buffer.from(Array.from({ length: 3000 }, (_, index) => index % 256))
  const { id } = (await upload(told, { file })).body
  const info = (await told.ask('GET', `/wa/v25.0/${id}?phone_number_id=${phone}`)).body
  const sha256 = createHash('sha256').update(file).digest('hex')
  expect(info).toMatchObject({
    id,
    mime_type: 'image/png',
    sha256,
    file_size: '3000',
    messaging_product: 'whatsapp',
  })
  const download = await fetch(info.url, { headers: { authorization } })
  expect(download.headers.get('content-type')).toBe('image/png')
  expect(Buffer.from(await download.arrayBuffer())).toEqual(file)
  const image = { messaging_product: 'whatsapp', to: '16505551234', type: 'image', image: { id } }
  expect((await told.ask('POST', `/wa/v25.0/${phone}/messages`, image)).status).toBe(200)
  const sticker = { messaging_product: 'whatsapp', to: '16505551234', type: 'sticker', sticker: { id } }
  expect((await told.ask('POST', `/wa/v25.0/${phone}/messages`, sticker)).body.error.code).toBe(131053)
  expect((await told.ask('DELETE', `/wa/v25.0/${id}`)).body).toEqual({ success: true })
  expect((await told.ask('GET', `/wa/v25.0/${id}`)).body.error).toMatchObject({
    code: 100,
    error_subcode: 33,
  })
})

test('a file is only given to who is let in, while its address is valid, and only by its own number', async () => {
  const told = await startToldSandbox([], { whatsappMediaUrlMs: 60_000 })
  const { id } = (await upload(told)).body
  const { url } = (await told.ask('GET', `/wa/v25.0/${id}`)).body
  expect((await fetch(url)).status).toBe(401)
  expect((await told.ask('GET', `/wa/v25.0/${id}?phone_number_id=1111111`)).body.error.code).toBe(100)
  await told.ask('PUT', '/_sandbox/settings', { whatsappMediaUrlMs: 0 })
  const short = (await told.ask('GET', `/wa/v25.0/${id}`)).body
  await expect.poll(async () => (await fetch(short.url, { headers: { authorization } })).status).toBe(404)
  expect((await fetch(url, { headers: { authorization } })).status).toBe(200)
})

const MB = 1024 * 1024

test.each([
  ['an image of 5 MB passes', { file: Buffer.alloc(5 * MB) }, 200],
  ['an image of more than 5 MB', { file: Buffer.alloc(5 * MB + 1) }, 131053],
  ['a sticker of more than 500 KB', { file: Buffer.alloc(500 * 1024 + 1), type: 'image/webp' }, 131053],
  ['a document of 20 MB passes', { file: Buffer.alloc(20 * MB), type: 'application/pdf' }, 200],
  ['audio of more than 16 MB', { file: Buffer.alloc(16 * MB + 1), type: 'audio/mpeg' }, 131053],
  ['an empty file', { file: Buffer.alloc(0) }, 131053],
  ['a type nobody takes', { type: 'image/gif' }, 100],
  ['another product', { product: 'messenger' }, 131009],
  ['an unknown field', { more: 'caption' }, 100],
])('an upload: %s', async (_, form, outcome) => {
  const told = await startToldSandbox()
  const { status, body } = await upload(told, form)
  expect(status === 200 ? 200 : body.error.code).toBe(outcome)
})

test('a body that is no form is refused', async () => {
  const told = await startToldSandbox()
  expect((await told.ask('POST', `/wa/v25.0/${phone}/media`, { file: 'x' })).body.error.code).toBe(100)
})

test('a file that a person sends can be fetched', async () => {
  const told = await startToldSandbox()
  const base64 = Buffer.from('a picture').toString('base64')
  await told.happen('whatsapp', { type: 'message', from: '16505551234', kind: 'image', text: 'Look', base64 })
  const [change] = (await told.receiver.until(1)).flatMap(whatsappChanges)
  const { image } = change.value.messages[0]
  expect(image).toMatchObject({ mime_type: 'image/jpeg', caption: 'Look', sha256: expect.any(String) })
  const { url } = (await told.ask('GET', `/wa/v25.0/${image.id}`)).body
  expect(await (await fetch(url, { headers: { authorization } })).text()).toBe('a picture')
})
