import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { z } from 'zod'
import { openSocket, welcomeLead } from '../docs/examples/front-end/welcome-lead.ts'
import { defineJobFor } from '../ledger/definition.ts'
import { type Api, startApi } from './support/api.ts'

const leadCreated = defineJobFor<unknown>()<{ leadId: string }, never, void>({
  name: 'lead.created',
  description: 'Welcomes a lead.',
  input: z.strictObject({ leadId: z.string() }),
  subject: ({ leadId }) => ({ leadId }),
  run: async () => undefined,
})

let api: Api
beforeAll(async () => {
  api = await startApi([leadCreated])
  api.world.startDispatcher()
  api.world.startWorkers()
})
afterAll(() => api.close())

test('the example for front ends creates a lead, watches it to its end, and says what is wrong with a form', async () => {
  const connection = { url: api.url, key: api.keys.OPERATOR }
  const socket = openSocket(connection, WebSocket)
  const seen: string[] = []
  const lead = { email: 'ada@example.com', firstName: 'Ada', idempotencyKey: 'form-1' }
  expect(await welcomeLead(connection, socket, lead, (line) => seen.push(line))).toBe('COMPLETED')
  expect(seen[0]).toBe('JobEventsSnapshot')
  // The form is sent twice: the same lead, which is done.
  expect(await welcomeLead(connection, socket, lead, () => undefined)).toBe('COMPLETED')
  const wrong = { email: 'nobody', idempotencyKey: 'form-2' }
  await expect(welcomeLead(connection, socket, wrong, () => undefined)).rejects.toThrow(/input/i)
  await socket.dispose()
})
