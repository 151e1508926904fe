/**
 * Every request a client can send, held against a table of what its vendor publishes of its API, written by hand: method,
 * path, query, headers and body, with nothing allowed that is not described.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Stub, type StubAnswer, startStub } from '../../integrations/stub.ts'

export type Request = Stub['requests'][number]

/** One operation. A part that is left out must not be sent. */
export interface Published {
  query?: z.ZodType
  body?: z.ZodType
  /** Of the body; default: JSON. */
  contentType?: 'application/x-www-form-urlencoded' | 'multipart/form-data'
  /** In place of the vendor's own. */
  headers?: z.ZodType
}

interface Vendor<Client> {
  name: string
  /** By method and path, as `keyOf` writes them. */
  published: Record<string, Published>
  /** What every request carries; headers that are not named here do not count. */
  headers: z.ZodType
  /** Where a request belongs in the table, e.g. `GET /lists/{id}`. */
  keyOf(request: Request, pathname: string): string
  connect(url: string): Client
  /** One use of every verb, or several where it sends more than one form. */
  uses: Record<string, (to: Client) => Promise<unknown>>
  /** Answers that let a verb go on to its next request; default: one that no verb understands. */
  answer?(request: Request): StubAnswer
}

export function testPublished<Client>(vendor: Vendor<Client>): void {
  const { name, published, uses, connect, answer = (): StubAnswer => ({ status: 418 }) } = vendor
  const asked = new Set<string>()
  let stub: Stub
  beforeAll(async () => {
    stub = await startStub((_, response) => {
      const { status = 200, body = {} } = answer(stub.requests.at(-1)!)
      response.writeHead(status).end(JSON.stringify(body))
    })
  })
  afterAll(() => stub[Symbol.asyncDispose]())

  describe(`what ${name} publishes of its API`, () => {
    test.each(Object.entries(uses))('describes the requests of %s', async (_, use) => {
      const before = stub.requests.length
      await use(connect(stub.url))
      const sent = stub.requests.slice(before)
      expect(sent).not.toEqual([])
      for (const request of sent) asked.add(await describedAs(vendor, request))
    })

    test('has no operation in this table that we do not use', () => {
      expect([...asked].toSorted()).toEqual(Object.keys(published).toSorted())
    })
  })
}

const nothing = z.strictObject({})

/** @returns where the request belongs in the table, after finding it as described there */
async function describedAs<Client>(vendor: Vendor<Client>, request: Request): Promise<string> {
  const { pathname, searchParams } = new URL(request.path, 'http://x')
  const key = vendor.keyOf(request, pathname)
  const operation = vendor.published[key]
  if (!operation) throw new Error(`${key} is not in the table`)
  const { query = nothing, body = z.undefined(), headers = vendor.headers } = operation
  const named = Object.fromEntries(searchParams)
  expect(searchParams.size, `${key} names nothing twice in its query`).toBe(Object.keys(named).length)
  fits(query, named, `query of ${key}`)
  fits(headers, request.headers, `headers of ${key}`)
  fits(body, await bodyOf(request), `body of ${key}`)
  const type = operation.body && (operation.contentType ?? 'application/json')
  expect(typeOf(request), `content type of ${key}`).toBe(type)
  return key
}

function fits(shape: z.ZodType, value: unknown, what: string): void {
  expect(shape.safeParse(value).error, what).toBeUndefined()
}

const typeOf = ({ headers }: Request) => headers['content-type']?.split(';')[0]

/** The fields of a form, of either kind; anything else as the stub read it. */
async function bodyOf(request: Request): Promise<unknown> {
  const { body, headers } = request
  if (!/form/.test(typeOf(request) ?? '')) return body
  const form = await new Response(String(body), {
    headers: { 'content-type': headers['content-type']! },
  }).formData()
  return Object.fromEntries(form)
}
