import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { newId } from '../entities/ids.ts'
import { createWorld, type World } from '../test/support/world.ts'
import { findConversation } from './conversations.ts'

let world: World
beforeAll(async () => {
  world = await createWorld([])
})
afterAll(() => world.close())
beforeEach(() => world.fork().execute('delete from conversation'))

const phoneNumberId = '106540352242922'
const at = (minute: number) => new Date(Date.UTC(2026, 10, 24, 10, minute, 0, 5))

async function insert(userId: string | null, waId: string | null, minute = 0, number = phoneNumberId) {
  const id = newId('conversation')
  await world.fork().execute(
    `insert into conversation (id, workspace_id, phone_number_id, person_key, wa_id, user_id, last_inbound_at)
     values (?, ?, ?, ?, ?, ?, ?)`,
    [id, world.actor.workspaceId, number, userId ?? waId, waId, userId, at(minute)],
  )
  return id
}
const found = async (person: { userId?: string | null; waId?: string | null }) =>
  (await findConversation(world.fork(), { workspaceId: world.actor.workspaceId, phoneNumberId, ...person }))
    ?.id

describe('a conversation', () => {
  test('is told with the time the person last wrote', async () => {
    const id = await insert('US.1', '16505551234', 7)
    const { workspaceId } = world.actor
    expect(await findConversation(world.fork(), { workspaceId, phoneNumberId, userId: 'US.1' })).toEqual({
      id,
      workspaceId,
      phoneNumberId,
      personKey: 'US.1',
      waId: '16505551234',
      userId: 'US.1',
      leadId: null,
      lastInboundAt: at(7),
    })
  })

  test('is found by user id, by number, or by both', async () => {
    const id = await insert('US.1', '16505551234')
    expect(await found({ userId: 'US.1' })).toBe(id)
    expect(await found({ waId: '16505551234' })).toBe(id)
    expect(await found({ userId: 'US.1', waId: '16505551234' })).toBe(id)
    expect(await found({ userId: 'US.1', waId: null })).toBe(id)
  })

  test('of a person who shows no number is found by user id alone', async () => {
    const id = await insert('US.1', null)
    expect(await found({ userId: 'US.1' })).toBe(id)
    expect(await found({ userId: 'US.1', waId: '16505551234' })).toBe(id)
  })

  test('from before the user id was known is found by the number', async () => {
    const id = await insert(null, '16505551234')
    expect(await found({ userId: 'US.1', waId: '16505551234' })).toBe(id)
    expect(await found({ userId: 'US.1' })).toBeUndefined()
  })

  test('of the user id comes before one of the number', async () => {
    const id = await insert('US.1', '16505551234', 0)
    await insert(null, '16505551234', 30)
    expect(await found({ userId: 'US.1', waId: '16505551234' })).toBe(id)
  })

  test('of another user id is not found by a number that passed to somebody else', async () => {
    await insert('US.1', '16505551234')
    expect(await found({ userId: 'US.2', waId: '16505551234' })).toBeUndefined()
  })

  test('by the number alone is the one that was written in last', async () => {
    await insert('US.1', '16505551234', 0)
    const id = await insert('US.2', '16505551234', 30)
    await insert('US.3', '16505551234', 10)
    expect(await found({ waId: '16505551234' })).toBe(id)
  })

  test('with another of our numbers is another conversation', async () => {
    await insert('US.1', '16505551234', 0, '999')
    expect(await found({ userId: 'US.1', waId: '16505551234' })).toBeUndefined()
  })

  test('of nobody is not found', async () => {
    await insert(null, '16505551234')
    expect(await found({})).toBeUndefined()
    expect(await found({ userId: null, waId: null })).toBeUndefined()
  })
})
