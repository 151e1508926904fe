// Files to and from WhatsApp. A download asks for a fresh address first: addresses live five minutes.

import { z } from 'zod'
import type { CallContext } from '../client.ts'
import { notSent } from './errors.ts'
import type { Graph } from './graph.ts'
import type { MediaFile, MediaInfo, UploadMediaInput, Whatsapp } from './verbs.ts'

const KB = 1_024
const MB = 1_024 * KB

/** Largest file by kind. The only WebP WhatsApp takes is a sticker. */
const MAX_BYTES = {
  image: 5 * MB,
  audio: 16 * MB,
  video: 16 * MB,
  document: 100 * MB,
  sticker: 500 * KB,
} as const
const DOWNLOAD_BYTES = 16 * MB

export function mediaVerbs(
  graph: Graph,
): Pick<Whatsapp, 'uploadMedia' | 'mediaInfo' | 'downloadMedia' | 'deleteMedia'> {
  return {
    uploadMedia: (input, context) => uploadMedia(graph, input, context),
    mediaInfo: (mediaId, context) => mediaInfo(graph, mediaId, 'mediaInfo', context),
    downloadMedia: (input, context) => downloadMedia(graph, input, context),
    deleteMedia: (mediaId, context) => deleteMedia(graph, mediaId, context),
  }
}

function kindOf(mimeType: string): keyof typeof MAX_BYTES {
  if (mimeType.startsWith('image/webp')) return 'sticker'
  const [kind] = mimeType.split('/')
  return kind === 'image' || kind === 'audio' || kind === 'video' ? kind : 'document'
}

async function uploadMedia(
  graph: Graph,
  { file, fileName }: UploadMediaInput,
  context: CallContext,
): Promise<{ mediaId: string }> {
  const operation = 'uploadMedia'
  const kind = kindOf(file.type)
  if (file.type === '') throw notSent(operation, 'MEDIA_TYPE', 'the file has no MIME type')
  if (file.size === 0) throw notSent(operation, 'MEDIA_SIZE', 'the file is empty')
  if (file.size > MAX_BYTES[kind])
    throw notSent(operation, 'MEDIA_SIZE', `a file of kind ${kind} has at most ${MAX_BYTES[kind]} bytes`)
  const body = new FormData()
  body.set('messaging_product', 'whatsapp')
  body.set('type', file.type)
  body.set('file', file, fileName)
  const path = graph.path(graph.settings.phoneNumberId, 'media')
  const answer = z.object({ id: z.string() })
  const request = { operation, method: 'POST', path, body, repeatable: true, answer } as const
  const { id } = await graph.upload({ ...request, personal: [fileName] }, context)
  return { mediaId: id }
}

const Info = z.object({
  id: z.string(),
  url: z.string(),
  mime_type: z.string(),
  sha256: z.string().catch(''),
  // Meta's description says text, its answers often a number.
  file_size: z.coerce.number(),
})

async function mediaInfo(
  graph: Graph,
  mediaId: string,
  operation: string,
  context: CallContext,
): Promise<MediaInfo> {
  const path = ownedBy(graph, mediaId)
  const info = await graph.call({ operation, method: 'GET', path, repeatable: true, answer: Info }, context)
  const { id, url, mime_type: mimeType, sha256, file_size: fileSize } = info
  return { id, url, mimeType, sha256, fileSize }
}

async function downloadMedia(
  graph: Graph,
  { mediaId, maxBytes = DOWNLOAD_BYTES }: { mediaId: string; maxBytes?: number },
  context: CallContext,
): Promise<MediaFile> {
  const operation = 'downloadMedia'
  const { url, mimeType, fileSize } = await mediaInfo(graph, mediaId, operation, context)
  if (fileSize > maxBytes)
    throw notSent(operation, 'MEDIA_SIZE', `the file has more than the ${maxBytes} bytes that were allowed`)
  if (!mayHaveToken(url, graph.settings.baseUrl))
    throw notSent(operation, 'MEDIA_URL', 'the address of the file is not one our token may go to')
  const bytes = await graph.download(
    {
      operation,
      method: 'GET',
      path: '',
      url,
      repeatable: true,
      raw: true,
      maxAnswerBytes: maxBytes,
      answer: z.instanceof(Buffer),
    },
    context,
  )
  return { bytes, mimeType }
}

/** Never in the clear, except to the very server that has the token already, as a test's. */
function mayHaveToken(address: string, baseUrl: string): boolean {
  const url = URL.canParse(address) ? new URL(address) : undefined
  const base = new URL(baseUrl)
  if (url?.protocol === 'http:') return base.protocol === 'http:' && url.host === base.host
  return url?.protocol === 'https:'
}

async function deleteMedia(graph: Graph, mediaId: string, context: CallContext): Promise<void> {
  await graph.call(
    {
      operation: 'deleteMedia',
      method: 'DELETE',
      path: ownedBy(graph, mediaId),
      // Meta's published description demands a content type here, and a content type demands a body.
      body: {},
      repeatable: true,
      answer: z.object({ success: z.literal(true) }),
    },
    context,
  )
}

/** A file of our own number, and of no other number that the token can reach. */
function ownedBy(graph: Graph, mediaId: string): string {
  return graph.path(mediaId, undefined, { phone_number_id: graph.settings.phoneNumberId })
}
