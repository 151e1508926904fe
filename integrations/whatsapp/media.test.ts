import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { failureOf, type Stub, startStub } from '../stub.ts'
import { createWhatsapp } from './whatsapp.ts'

let stub: Stub
beforeEach(async () => {
  stub = await startStub()
})
afterEach(() => stub[Symbol.asyncDispose]())

const context = { signal: new AbortController().signal }
const whatsapp = (baseUrl = `${stub.url}/wa/v25.0`) =>
  createWhatsapp({ baseUrl, token: 'tok', phoneNumberId: '1065', appSecret: 'app_secret_0123456789abcdef' })
const proof = 'appsecret_proof=3da03f41ffd05addf74b76a792dadc004a5df0cc848854e92243be25c08a5c7f'
const fileOf = (bytes: number, type: string) => new Blob([Buffer.alloc(bytes, 'x')], { type })
const upload = (bytes: number, type: string) =>
  whatsapp().uploadMedia({ file: fileOf(bytes, type), fileName: 'a file' }, context)

describe('uploading', () => {
  test('is a form of product, type and file', async () => {
    stub.reply = { body: { id: '4711' } }
    const file = new Blob(['%PDF-1.7'], { type: 'application/pdf' })
    const uploaded = await whatsapp().uploadMedia({ file, fileName: 'offer.pdf' }, context)
    expect(uploaded).toEqual({ mediaId: '4711' })
    const { method, path, headers, body } = stub.requests[0]!
    expect({ method, path }).toEqual({ method: 'POST', path: `/wa/v25.0/1065/media?${proof}` })
    expect(headers).toMatchObject({ authorization: 'Bearer tok' })
    expect(headers['content-type']).toMatch(/^multipart\/form-data; boundary=/)
    const form = await new Response(body as string, {
      headers: { 'content-type': headers['content-type']! },
    }).formData()
    expect([...form.keys()]).toEqual(['messaging_product', 'type', 'file'])
    expect(form.get('messaging_product')).toBe('whatsapp')
    expect(form.get('type')).toBe('application/pdf')
    const sent = form.get('file') as File
    expect([sent.name, sent.type, await sent.text()]).toEqual(['offer.pdf', 'application/pdf', '%PDF-1.7'])
  })

  const KB = 1_024
  const MB = 1_024 * KB
  const tooLarge = { errorClass: 'PERMANENT', code: 'MEDIA_SIZE' }
  test.each([
    ['image/jpeg', 5 * MB],
    ['image/webp', 500 * KB],
    ['audio/ogg; codecs=opus', 16 * MB],
    ['video/mp4', 16 * MB],
  ])('%s has at most %i bytes; with one more nothing is sent', async (type, limit) => {
    stub.reply = { body: { id: '4711' } }
    expect(await upload(limit, type)).toEqual({ mediaId: '4711' })
    expect(await failureOf(upload(limit + 1, type))).toMatchObject(tooLarge)
    expect(stub.requests).toHaveLength(1)
  })

  test('a document may be larger than anything else, but not than 100 MB', async () => {
    stub.reply = { body: { id: '4711' } }
    expect(await upload(16 * MB + 1, 'application/pdf')).toEqual({ mediaId: '4711' })
    expect(await failureOf(upload(100 * MB + 1, 'application/pdf'))).toMatchObject(tooLarge)
    expect(stub.requests).toHaveLength(1)
  })

  test.each([
    ['an empty file', 0, 'image/png', 'MEDIA_SIZE'],
    ['a file without a MIME type', 1, '', 'MEDIA_TYPE'],
  ])('of %s sends nothing', async (_, bytes, type, code) => {
    expect(await failureOf(upload(bytes, type))).toMatchObject({ errorClass: 'PERMANENT', code })
    expect(stub.requests).toHaveLength(0)
  })

  test('may be repeated when its answer is lost', async () => {
    stub.reply = (_, response) => void response.destroy()
    expect(await failureOf(upload(1, 'image/png'))).toMatchObject({ errorClass: 'TRANSIENT' })
  })

  test('that WhatsApp refuses is PERMANENT and does not name the file', async () => {
    const error_data = { details: 'a file is not an image' }
    stub.reply = { status: 400, body: { error: { code: 100, error_data } } }
    const error = await failureOf(upload(1, 'image/png'))
    expect(error).toMatchObject({ errorClass: 'PERMANENT', code: '100' })
    expect(String(error)).not.toContain('a file')
  })
})

const info = (more: object = {}) => ({
  url: `${stub.url}/whatsapp_business/attachments/?mid=4711`,
  mime_type: 'image/jpeg',
  sha256: '2a97516c354b68848cdbd8f54a226a0a55b21ed138e207ad6c5cbb9c00aa5aea',
  file_size: '5',
  id: '4711',
  messaging_product: 'whatsapp',
  ...more,
})

describe('the description of a file', () => {
  const path = `/wa/v25.0/4711?phone_number_id=1065&${proof}`

  test.each(['303833', 303833])('is read from our own number; its size may come as %j', async (file_size) => {
    stub.reply = { body: info({ file_size }) }
    const { url, sha256 } = info()
    const described = { id: '4711', url, mimeType: 'image/jpeg', sha256, fileSize: 303_833 }
    expect(await whatsapp().mediaInfo('4711', context)).toEqual(described)
    expect(stub.requests[0]).toMatchObject({ method: 'GET', path, body: undefined })
    expect(stub.requests[0]!.headers.authorization).toBe('Bearer tok')
  })

  test('goes away with the file', async () => {
    stub.reply = { body: { success: true } }
    await whatsapp().deleteMedia('4711', context)
    expect(stub.requests[0]).toMatchObject({ method: 'DELETE', path, body: {} })
    expect(stub.requests[0]!.headers).toMatchObject({
      authorization: 'Bearer tok',
      'content-type': 'application/json',
    })
  })

  test('of a file that does not exist is PERMANENT', async () => {
    stub.reply = { status: 400, body: { error: { message: 'Unsupported get request', code: 100 } } }
    expect(await failureOf(whatsapp().mediaInfo('4711', context))).toMatchObject({
      errorClass: 'PERMANENT',
      operation: 'mediaInfo',
    })
  })
})

describe('downloading', () => {
  /** First the description, then the file. */
  const serve = (described: object, file: string, status = 200) => {
    stub.reply = (request, response) => {
      const isFile = request.url!.startsWith('/whatsapp_business')
      response.writeHead(isFile ? status : 200).end(isFile ? file : JSON.stringify(described))
    }
  }
  const download = (maxBytes?: number) =>
    whatsapp().downloadMedia({ mediaId: '4711', ...(maxBytes && { maxBytes }) }, context)

  test('asks for the address, and reads it with the token and a user agent', async () => {
    serve(info(), 'bytes')
    const { bytes, mimeType } = await download()
    expect([bytes.toString(), mimeType]).toEqual(['bytes', 'image/jpeg'])
    expect(stub.requests.map(({ path }) => path)).toEqual([
      `/wa/v25.0/4711?phone_number_id=1065&${proof}`,
      '/whatsapp_business/attachments/?mid=4711',
    ])
    expect(stub.requests[1]!.headers).toMatchObject({
      authorization: 'Bearer tok',
      'user-agent': 'Solaria-Control-Plane/1.0.0',
      accept: '*/*',
    })
  })

  test('takes a file that reads like an error as the file it is', async () => {
    const text = '{"error":{"code":190}}'
    serve(info({ mime_type: 'text/plain' }), text)
    expect((await download()).bytes.toString()).toBe(text)
  })

  test('reads as many bytes as allowed; a larger file is not read at all', async () => {
    serve(info(), 'bytes')
    expect((await download(5)).bytes).toHaveLength(5)
    serve(info({ file_size: '6' }), 'bytes!')
    expect(await failureOf(download(5))).toMatchObject({ errorClass: 'PERMANENT', code: 'MEDIA_SIZE' })
    expect(stub.requests).toHaveLength(3)
  })

  test('stops at the limit when the file is larger than its description says', async () => {
    serve(info(), 'bytes!')
    expect(await failureOf(download(5))).toMatchObject({ code: 'ANSWER_TOO_LARGE' })
  })

  test('reads no more than 16 MB into memory unless told', async () => {
    serve(info({ file_size: String(16 * 1024 * 1024 + 1) }), '')
    expect(await failureOf(download())).toMatchObject({ errorClass: 'PERMANENT', code: 'MEDIA_SIZE' })
  })

  test.each([
    'http://lookaside.example.com/x',
    'ftp://lookaside.example.com/x',
    'nowhere',
    'http://127.0.0.1:1/x',
  ])('never takes the token to %s', async (url) => {
    serve(info({ url }), '')
    expect(await failureOf(download())).toMatchObject({ errorClass: 'PERMANENT', code: 'MEDIA_URL' })
    expect(stub.requests).toHaveLength(1)
  })

  test('tries any address that is encrypted', async () => {
    // A server that speaks no TLS: the connection is tried, and no request gets through.
    serve(info({ url: stub.url.replace('http:', 'https:') }), '')
    expect(await failureOf(download())).toMatchObject({ errorClass: 'TRANSIENT' })
    expect(stub.requests).toHaveLength(1)
  })

  test('from an address that ended is PERMANENT, with a token that ended AUTH', async () => {
    serve(info(), '', 404)
    expect(await failureOf(download())).toMatchObject({ errorClass: 'PERMANENT', code: 'HTTP_404' })
    serve(info(), '', 401)
    expect(await failureOf(download())).toMatchObject({ errorClass: 'AUTH', code: 'HTTP_401' })
  })
})
