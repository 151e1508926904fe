// Every request we can send, held against what Meta publishes of the WhatsApp Cloud API: paths, methods, query parameters,
// content types, headers and bodies, with nothing allowed that is not described.
//
// Its OpenAPI description leaves out what its guides say: a read receipt ("Mark messages as read"), `recipient` in place of
// `to` ("Business-scoped user IDs"), `biz_opaque_callback_data` of a text or a file ("Status messages webhook reference").
// Nor does it name what holds for all of Graph, Meta's API: `appsecret_proof`, and `fields`, `limit` and `after` of a list.
// Of an upload it lacks the `type`, and it lets a button's `index` begin with 2, where Meta's examples begin with 0.

import { z } from 'zod'
import { type Published, type Request, testPublished } from '../../test/support/published.ts'
import type { StubAnswer } from '../stub.ts'
import type { Whatsapp } from './verbs.ts'
import { createWhatsapp } from './whatsapp.ts'

const product = z.literal('whatsapp')
const wamid = z.string().startsWith('wamid.')
const recipients = [
  { to: z.string().regex(/^\d{7,15}$/) },
  { recipient: z.string().regex(/^[A-Z]{2}\.[A-Za-z0-9]{1,128}$/) },
]
const envelope = {
  messaging_product: product,
  recipient_type: z.literal('individual'),
  context: z.strictObject({ message_id: wamid }).optional(),
  biz_opaque_callback_data: z.string().max(512).optional(),
}

/** A file that WhatsApp has, or one it fetches. */
function fileWith(about: z.ZodRawShape) {
  return z.union([
    z.strictObject({ id: z.string().regex(/^\d+$/), ...about }),
    z.strictObject({ link: z.url(), ...about }),
  ])
}
const caption = z.string().max(1_024).optional()
const filename = z.string().optional()

/** A template's values hold no line break, no tab and no five spaces in a row. */
const value = z.string().regex(/^(?!.*(?:[\n\t]| {5}))/s)
const textParameter = z.strictObject({
  type: z.literal('text'),
  text: value,
  parameter_name: z
    .string()
    .regex(/^[a-z0-9_]+$/)
    .optional(),
})
const fileParameter = (kind: string, about: z.ZodRawShape) =>
  z.strictObject({ type: z.literal(kind), [kind]: fileWith(about) })
const headerParameter = z.union([
  textParameter,
  fileParameter('image', {}),
  fileParameter('video', {}),
  fileParameter('document', { filename }),
])
const component = z.union([
  z.strictObject({ type: z.literal('header'), parameters: z.tuple([headerParameter]) }),
  z.strictObject({ type: z.literal('body'), parameters: z.array(textParameter).min(1) }),
  z.strictObject({
    type: z.literal('button'),
    sub_type: z.literal('url'),
    index: z.string().regex(/^\d$/),
    parameters: z.tuple([z.strictObject({ type: z.literal('text'), text: z.string() })]),
  }),
])

const contents = {
  text: z.strictObject({ body: z.string().min(1).max(4_096), preview_url: z.boolean() }),
  audio: fileWith({}),
  image: fileWith({ caption }),
  video: fileWith({ caption }),
  document: fileWith({ caption, filename }),
  template: z.strictObject({
    name: z.string().regex(/^[a-z0-9_]{1,512}$/),
    language: z.strictObject({
      code: z.string().regex(/^[a-z]{2,3}(_[A-Z]{2})?$/),
      policy: z.literal('deterministic'),
    }),
    components: z.array(component).min(1).optional(),
  }),
}
const messages = recipients.flatMap((recipient) =>
  Object.entries(contents).map(([type, content]) =>
    z.strictObject({ ...envelope, ...recipient, type: z.literal(type), [type]: content }),
  ),
)
const receipt = z.strictObject({
  messaging_product: product,
  status: z.literal('read'),
  message_id: wamid,
})

const proof = { appsecret_proof: z.string().regex(/^[0-9a-f]{64}$/) }
const proven = z.strictObject(proof)
const ofOurNumber = z.strictObject({ ...proof, phone_number_id: z.literal('106540352242922') })
const published: Record<string, Published> = {
  'GET /{number}': { query: proven },
  'POST /{number}/messages': { query: proven, body: z.union([...messages, receipt]) },
  'POST /{number}/media': {
    query: proven,
    contentType: 'multipart/form-data',
    body: z.strictObject({
      messaging_product: product,
      type: z.string().regex(/^\w+\/[\w.+-]+$/),
      file: z.instanceof(File),
    }),
  },
  'GET /{media}': { query: ofOurNumber },
  // It demands a content type, so there is a body.
  'DELETE /{media}': { query: ofOurNumber, body: z.strictObject({}) },
  // The address that WhatsApp tells of a file, with whatever it holds.
  'GET {address}': { query: z.strictObject({ mid: z.string() }) },
  'GET /{account}/message_templates': {
    query: z.strictObject({
      ...proof,
      fields: z.string().regex(/^[a-z_]+(,[a-z_]+)*$/),
      limit: z.string().regex(/^\d+$/),
      after: z.string().optional(),
    }),
  },
  'POST /{account}/subscribed_apps': { query: proven },
}

const context = { signal: new AbortController().signal }
const to = '+1 (650) 555-1234'
const recipient = 'US.13491208655302741918'
const common = { replyTo: 'wamid.1', callbackData: 'd_991' }
const link = 'https://example.com/f'
const template = { template: 'order_update', language: 'en_US', bodyParameters: [], callbackData: 'd_991' }

async function sendTemplates(by: Whatsapp): Promise<void> {
  await by.sendTemplate({ ...template, to }, context)
  await by.sendTemplate(
    {
      ...{ ...template, recipient, replyTo: 'wamid.1', language: 'de' },
      header: { text: 'Jane', parameterName: 'name' },
      bodyParameters: { name: 'Jane\nDoe', order_id: 'A-17' },
      urlButtons: [{ index: 0, text: 'A-17' }],
    },
    context,
  )
  for (const kind of ['image', 'video', 'document'] as const) {
    const header = { kind, link, fileName: kind === 'document' ? 'offer.pdf' : undefined }
    await by.sendTemplate({ ...template, to, header, bodyParameters: ['Jane'] }, context)
  }
  await by.sendTemplate({ ...template, to, header: { kind: 'document', id: '4711' } }, context)
}

async function sendFiles(by: Whatsapp): Promise<void> {
  await by.sendMedia({ to, kind: 'audio', id: '4711' }, context)
  await by.sendMedia({ recipient, kind: 'image', link, caption: 'Our shop', ...common }, context)
  await by.sendMedia({ to, kind: 'video', link, caption: 'Our shop' }, context)
  await by.sendMedia({ to, kind: 'document', id: '4711', caption: 'Offer', fileName: 'o.pdf' }, context)
}

const uses: Record<keyof Whatsapp, (by: Whatsapp) => Promise<unknown>> = {
  check: (by) => by.check(context),
  sendTemplate: sendTemplates,
  async sendText(by) {
    await by.sendText({ to, text: 'Hello' }, context)
    await by.sendText({ recipient, text: link, previewUrl: true, ...common }, context)
  },
  sendMedia: sendFiles,
  markRead: (by) => by.markRead('wamid.1', context),
  uploadMedia: (by) =>
    by.uploadMedia({ file: new Blob(['%PDF'], { type: 'application/pdf' }), fileName: 'o.pdf' }, context),
  mediaInfo: (by) => by.mediaInfo('4711', context),
  downloadMedia: (by) => by.downloadMedia({ mediaId: '4711' }, context),
  deleteMedia: (by) => by.deleteMedia('4711', context),
  async templates(by) {
    await by.templates({}, context)
    await by.templates({ after: 'QVFIU' }, context)
  },
  subscribeApp: (by) => by.subscribeApp(context),
}

/** One answer for all: each verb takes its own part of it. */
function answer({ headers }: Request): StubAnswer {
  const url = `http://${headers.host}/attachments?mid=4711`
  const file = { id: '4711', url, mime_type: 'application/pdf', file_size: 4 }
  return { body: { ...file, success: true, messages: [{ id: 'wamid.2' }], data: [] } }
}

/** `/v25.0/106540352242922/messages` → `/{number}/messages`. */
function templateOf(pathname: string): string {
  return pathname
    .replace('/v25.0/106540352242922', '/{number}')
    .replace('/v25.0/102290129340398', '/{account}')
    .replace('/v25.0/4711', '/{media}')
    .replace('/attachments', '{address}')
}

testPublished<Whatsapp>({
  name: 'Meta',
  published,
  headers: z.object({
    authorization: z.literal('Bearer EAAx'),
    'user-agent': z.string().regex(/^[\w-]+\/\d+\.\d+\.\d+$/),
  }),
  keyOf: ({ method }, pathname) => `${method} ${templateOf(pathname)}`,
  connect: (url) =>
    createWhatsapp({
      ...{ baseUrl: `${url}/v25.0`, token: 'EAAx', appSecret: 'secret' },
      ...{ phoneNumberId: '106540352242922', wabaId: '102290129340398' },
    }),
  uses,
  answer,
})
