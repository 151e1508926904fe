import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Worker } from 'node:worker_threads'
import { gunzipSync } from 'node:zlib'
import { graphqlPath } from './graphql.ts'
import { pathOf } from './upgrade.ts'

/**
 * GraphiQL without the internet. Its files come from node_modules; the first visitor waits a second while a thread packs
 * them, later ones get them from memory, and their browsers keep them for good, as the URL names the version.
 */

interface Packed {
  version: string
  files: Map<string, { br: Buffer; gzip: Buffer }>
}

export interface Graphiql {
  /** Whether a request is for GraphiQL: its files, or /graphql by somebody who wants to see a page. */
  answers(path: string, request: IncomingMessage): boolean
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>
}

const types: Record<string, string> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
}
const folder = '/graphiql/'
const policy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  'img-src data:',
  "font-src 'self' data:",
  "worker-src 'self' blob:",
  "connect-src 'self' ws: wss:",
  "frame-ancestors 'none'",
].join('; ')

/** Makes the part of the server that serves GraphiQL. */
export function createGraphiql(): Graphiql {
  const own = new Map(
    ['page.html', 'page.js', 'examples.js', 'page.css'].map((name) => [
      name,
      readFileSync(new URL(`./graphiql/${name}`, import.meta.url), 'utf8'),
    ]),
  )
  let packing: Promise<Packed> | undefined

  function packed(): Promise<Packed> {
    packing ??= pack().catch((error: unknown) => {
      packing = undefined
      throw error
    })
    return packing
  }

  async function page(response: ServerResponse): Promise<void> {
    const { version } = await packed()
    const html = own.get('page.html')!.replaceAll('{{version}}', version)
    response
      .writeHead(200, {
        'content-type': types.html,
        'cache-control': 'no-cache',
        'content-security-policy': policy,
        'x-content-type-options': 'nosniff',
      })
      .end(html)
  }

  return {
    answers: (path, request) => path.startsWith(folder) || (path === graphqlPath && wantsPage(request)),
    async answer(request, response) {
      const path = pathOf(request)
      if (path === graphqlPath) return page(response)
      const text = own.get(path.slice(folder.length))
      if (text !== undefined)
        return void response
          .writeHead(200, { 'content-type': typeOf(path), 'cache-control': 'no-cache' })
          .end(text)
      const [version, name = ''] = path.slice(folder.length).split('/')
      const { version: current, files } = await packed()
      const file = version === current ? files.get(name) : undefined
      if (file) sendPacked(request, response, `"${current}"`, file)
      else response.writeHead(404).end()
    },
  }
}

function wantsPage({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && (headers.accept ?? '').includes('text/html')
}

const typeOf = (path: string) => types[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream'

function sendPacked(
  request: IncomingMessage,
  response: ServerResponse,
  etag: string,
  file: { br: Buffer; gzip: Buffer },
): void {
  const headers = {
    etag,
    'content-type': typeOf(pathOf(request)),
    'cache-control': 'public, max-age=31536000, immutable',
    vary: 'accept-encoding',
  }
  if (request.headers['if-none-match'] === etag) return void response.writeHead(304, headers).end()
  const accepted = request.headers['accept-encoding'] ?? ''
  if (/\bbr\b/.test(accepted)) response.writeHead(200, { ...headers, 'content-encoding': 'br' }).end(file.br)
  else if (/\bgzip\b/.test(accepted))
    response.writeHead(200, { ...headers, 'content-encoding': 'gzip' }).end(file.gzip)
  else response.writeHead(200, headers).end(gunzipSync(file.gzip))
}

async function pack(): Promise<Packed> {
  const worker = new Worker(new URL('./graphiql/bundle.ts', import.meta.url))
  const [{ version, packed }] = (await once(worker, 'message')) as [
    { version: string; packed: { name: string; br: Uint8Array; gzip: Uint8Array }[] },
  ]
  return {
    version,
    files: new Map(
      packed.map(({ name, br, gzip }) => [name, { br: Buffer.from(br), gzip: Buffer.from(gzip) }]),
    ),
  }
}
