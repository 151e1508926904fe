import { serverAudits } from 'graphql-http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { defineJobFor } from '../ledger/definition.ts'
import { type Api, startApi } from '../test/support/api.ts'

const nothing = defineJobFor<unknown>()({
  name: 'nothing.run',
  description: 'Does nothing.',
  input: z.object({}),
  async run() {},
})

let api: Api
beforeAll(async () => {
  api = await startApi([nothing])
})
afterAll(() => api.close())

/** https://github.com/graphql/graphql-http: what the GraphQL-over-HTTP specification asks of a server. */
test('the API keeps every rule of GraphQL over HTTP', async () => {
  const fetchFn = (url: string, init: RequestInit = {}) =>
    fetch(url, {
      ...init,
      headers: { ...(init.headers as object), authorization: `Bearer ${api.keys.ADMIN}` },
    })
  const results = await Promise.all(serverAudits({ url: api.url, fetchFn }).map((audit) => audit.fn()))
  const broken = results.flatMap((result) =>
    result.status === 'ok' ? [] : [`${result.status}: ${result.name}`],
  )
  expect(broken).toEqual([])
  expect(results).toHaveLength(61)
})
