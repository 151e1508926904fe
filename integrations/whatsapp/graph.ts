// The way to Graph, Meta's API: its addresses, our credentials, and the callers.

import { createHmac } from 'node:crypto'
import { type Caller, type CallSettings, createCaller } from '../client.ts'
import type { VendorAnswer } from '../http.ts'
import type { Problem } from '../rules.ts'
import { MANAGEMENT_RULES, WHATSAPP_RULES, whatsappProblem } from './errors.ts'

/** `timeoutMs`: default 20 s, 60 s for uploads and downloads. */
export interface WhatsappSettings extends CallSettings {
  /** Up to the version, e.g. `https://graph.facebook.com/v25.0`. */
  baseUrl: string
  /** A system user's token. */
  token: string
  /** The id of the sending number, not the number itself. */
  phoneNumberId: string
  /** The id of the business account that owns number and templates; needed for `templates` and `subscribeApp`. */
  wabaId?: string | undefined
  /** Proves with each call that the token is used by the app it was made for (`appsecret_proof`). */
  appSecret?: string | undefined
}

export interface Graph {
  settings: WhatsappSettings
  call: Caller
  /** For what belongs to the business account. */
  manage: Caller
  upload: Caller
  /** Reads any address with our token: the verb checks the address before. */
  download: Caller
  /** Of an object, or of an edge of it: `/{id}/{edge}?…`. */
  path(id: string, edge?: string, query?: Record<string, string | undefined>): string
}

const FILE_TIMEOUT_MS = 60_000

/** In the form Meta's published description asks for; media addresses refuse an empty one. */
const USER_AGENT = 'Solaria-Control-Plane/1.0.0'

/** The callers of one account. Makes no connection before the first call. */
export function connectGraph(settings: WhatsappSettings): Graph {
  const { baseUrl, token, appSecret, timeoutMs = FILE_TIMEOUT_MS } = settings
  const connection = {
    vendor: 'whatsapp',
    baseUrl,
    headers: { authorization: `Bearer ${token}`, 'user-agent': USER_AGENT },
    credential: token,
    rules: WHATSAPP_RULES,
    problemOf: whatsappProblem,
    settings,
  } as const
  const files = { ...connection, settings: { ...settings, timeoutMs } }
  const headers = { ...connection.headers, accept: '*/*' }
  const proof = appSecret && createHmac('sha256', appSecret).update(token).digest('hex')
  return {
    settings,
    call: createCaller(connection),
    manage: createCaller({ ...connection, rules: MANAGEMENT_RULES }),
    upload: createCaller(files),
    download: createCaller({ ...files, headers, problemOf: downloadProblem }),
    path: (id, edge, query) => pathOf([id, edge], { ...query, appsecret_proof: proof || undefined }),
  }
}

/** A file that came is a file, even one that reads like an error of Graph. */
function downloadProblem(answer: VendorAnswer): Problem | undefined {
  return answer.status >= 200 && answer.status < 300 ? undefined : whatsappProblem(answer)
}

function pathOf(parts: (string | undefined)[], query: Record<string, string | undefined>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const names = parts.filter((part) => part !== undefined).map(encodeURIComponent)
  return `/${names.join('/')}${given.length > 0 ? `?${new URLSearchParams(given)}` : ''}`
}
