import { readFile } from 'node:fs/promises'
import { parse, validate } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineJobFor } from '../ledger/definition.ts'
import { buildSchema } from '../schema/index.ts'
import { type Api, startApi } from '../test/support/api.ts'
import { registry } from '../workers/registry.ts'

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

const page = () => fetch(api.url, { headers: { accept: 'text/html' } })
const scriptOf = async () =>
  `${api.server.url}${/src="(\/graphiql\/[^"]+graphiql\.js)"/.exec(await (await page()).text())![1]}`

describe('GraphiQL', () => {
  test('is a small page that loads nothing from elsewhere', async () => {
    const response = await page()
    const html = await response.text()
    expect(response.headers.get('content-security-policy')).toContain("default-src 'self'")
    expect(html.length).toBeLessThan(2_000)
    expect(html).not.toMatch(/https?:\/\//)
  })
  test('sends its files compressed, and browsers may keep them', async () => {
    const response = await fetch(await scriptOf(), { headers: { 'accept-encoding': 'br' } })
    expect(response.headers.get('content-encoding')).toBe('br')
    expect(response.headers.get('cache-control')).toContain('immutable')
    expect(await response.text()).toContain('renderYogaGraphiQL')
    const again = await fetch(await scriptOf(), {
      headers: { 'if-none-match': response.headers.get('etag')! },
    })
    expect(again.status).toBe(304)
  })
  test('has no files under another version', async () => {
    expect((await fetch(`${api.server.url}/graphiql/old/graphiql.js`)).status).toBe(404)
  })
  test('opens with examples that fit the schema', async () => {
    const script = await readFile(new URL('graphiql/page.js', import.meta.url), 'utf8')
    const examples = [...script.matchAll(/`(# [^`]+)`/g)].map(([, example]) => example!)
    const schema = buildSchema(registry)
    expect(examples).toHaveLength(8)
    expect(examples.flatMap((example) => validate(schema, parse(example)))).toEqual([])
  })
})
