import { createHash, randomBytes, randomInt } from 'node:crypto'
import { type Call, forgetOldest, Refusal, type Reply } from './exchange.ts'
import type { Settings } from './settings.ts'
import { graphError, refuse } from './whatsapp.errors.ts'
import { partsOf } from './whatsapp.multipart.ts'

export type MediaKind = 'image' | 'audio' | 'video' | 'document' | 'sticker'
export type Medium = { id: string; phoneId: string; type: string; data: Buffer }

const MB = 1024 * 1024
const MEDIA_KEPT = 200

/** Accepted types and largest sizes in bytes (integrations.md 5.2). */
const rules: Record<MediaKind, { types: RegExp; max: number }> = {
  sticker: { types: /^image\/webp$/, max: 500 * 1024 },
  image: { types: /^image\/(jpeg|png)$/, max: 5 * MB },
  audio: { types: /^audio\/(aac|mp4|mpeg|amr|ogg)$/, max: 16 * MB },
  video: { types: /^video\/(mp4|3gpp)$/, max: 16 * MB },
  document: {
    types: /^(text\/plain|application\/(pdf|msword|vnd\.(ms-|openxmlformats-officedocument\.)[\w.-]+))$/,
    max: 100 * MB,
  },
}

function kindOf(type: string): MediaKind | undefined {
  return (Object.keys(rules) as MediaKind[]).find((kind) => rules[kind].types.test(type))
}

/** Files kept at Meta: uploaded by us, or sent by people. Their addresses are valid for five minutes. */
export function createMedia(settings: Settings) {
  const media = new Map<string, Medium>()
  const addresses = new Map<string, { id: string; until: number }>()

  function add(phoneId: string, type: string, data: Buffer): Medium {
    const medium = { id: `26${String(randomInt(1e12)).padStart(14, '0')}`, phoneId, type, data }
    media.set(medium.id, medium)
    forgetOldest(media, MEDIA_KEPT)
    return medium
  }

  function get(id: string, phoneId: string | null): Medium {
    const medium = media.get(id)
    if (medium && (phoneId === null || phoneId === medium.phoneId)) return medium
    throw new Refusal(graphError(100, { subcode: 33, message: unsupported(id) }))
  }

  return {
    add,
    isId: (id: string) => /^26\d{14}$/.test(id),
    ids: () => [...media.keys()],
    upload: (call: Call, phoneId: string): Reply => {
      const { type, data } = fileOf(call)
      return { status: 200, body: { id: add(phoneId, type, data).id } }
    },
    describe(call: Call, id: string): Reply {
      const { type, data } = get(id, call.query.get('phone_number_id'))
      const token = randomBytes(16).toString('hex')
      addresses.set(token, { id, until: Date.now() + settings.whatsappMediaUrlMs })
      forgetOldest(addresses, MEDIA_KEPT)
      const url = `http://${call.headers.host}/wa/media?mid=${id}&hash=${token}`
      const about = { mime_type: type, sha256: sha256(data).toString('hex'), file_size: String(data.length) }
      return { status: 200, body: { url, ...about, id, messaging_product: 'whatsapp' } }
    },
    download(call: Call): Reply {
      const address = addresses.get(call.query.get('hash') ?? '')
      const medium = media.get(address?.id ?? '')
      if (!address || !medium || Date.now() > address.until)
        return { status: 404, body: 'URL signature expired' }
      if (!call.headers['user-agent']) return { status: 403, body: 'Forbidden' }
      return { status: 200, body: medium.data, headers: { 'content-type': medium.type } }
    },
    remove(call: Call, id: string): Reply {
      get(id, call.query.get('phone_number_id'))
      media.delete(id)
      return { status: 200, body: { success: true } }
    },
    /** A file named in a message must exist and be of the message's kind. */
    check(kind: MediaKind, id: string): void {
      const medium = media.get(id)
      if (!medium) refuse(131009, `Parameter ${kind}['id'] is not a media id of this account`)
      if (!rules[kind].types.test(medium.type)) {
        refuse(131053, `Media of type ${medium.type} cannot be sent as ${kind}`)
      }
    },
  }
}

function unsupported(id: string): string {
  return `Unsupported request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation`
}

/** The uploaded file, or a refusal: a field is missing or unknown, the type is not supported, it is too large. */
function fileOf(call: Call): { type: string; data: Buffer } {
  const parts =
    partsOf(call.headers['content-type'], call.bytes) ?? refuse(100, 'The body is not multipart/form-data')
  const unknown = parts.find(({ name }) => !['file', 'type', 'messaging_product'].includes(name))
  if (unknown) refuse(100, `Unexpected key "${unknown.name}"`)
  const part = (name: string) =>
    parts.find((each) => each.name === name) ?? refuse(131008, `Parameter ${name} is required`)
  if (part('messaging_product').data.toString() !== 'whatsapp') {
    refuse(131009, 'Parameter messaging_product is not one of the accepted values: whatsapp')
  }
  const { type: ownType, data } = part('file')
  const type = (parts.find(({ name }) => name === 'type')?.data.toString() ?? ownType ?? '').replace(
    /;.*$/,
    '',
  )
  const kind =
    kindOf(type) ??
    refuse(100, `Param file must be a file of a supported type. Received file of type '${type}'.`)
  if (data.length === 0) refuse(131053, 'The file is empty')
  if (data.length > rules[kind].max) refuse(131053, `The file is larger than ${rules[kind].max} bytes`)
  return { type, data }
}

/** The digest as a webhook (base64) or a description (hex) writes it. */
export function sha256(data: Buffer): Buffer {
  return createHash('sha256').update(data).digest()
}
