import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Instance, startMariadb } from '../../scripts/services/index.ts'
import { type System, startTestSystem } from '../support/system.ts'
import { mandrillForm, signed } from '../support/webhooks.ts'
import { until } from '../support/world.ts'

let mariadb: Instance
let system: System
beforeAll(async () => {
  mariadb = await startMariadb('.data/test/faults-webhooks')
  system = await startTestSystem({ databaseUrl: mariadb.url })
})
afterAll(async () => {
  await system?.close()
  await mariadb?.release()
})

test('while MariaDB is away vendors are told to come again and nothing is half kept; the repeat is kept once', async () => {
  const url = system.url.replace('/graphql', '/webhooks/mandrill')
  const events = ['m1', 'm2', 'm3'].map((id) => ({
    event: 'hard_bounce',
    _id: id,
    ts: 1_790_000_000,
    msg: { email: `${id}@example.com`, metadata: {} },
  }))
  const body = mandrillForm(...events)
  const headers = signed('mandrill', body, system.env.MANDRILL_WEBHOOK_KEYS, url)
  const send = async () => (await fetch(url, { method: 'POST', body, headers })).status
  const rows = <T>(sql: string) => system.orm.em.fork().execute<T[]>(sql)
  const count = async (table: string) => {
    const [row] = await rows<{ n: number }>(`select count(*) as n from ${table}`)
    return Number(row!.n)
  }

  await mariadb.stop()
  expect([await send(), await send()]).toEqual([503, 503])
  await mariadb.start()
  await until('MariaDB answers', () =>
    count('webhook_receipt')
      .then(() => true)
      .catch(() => undefined),
  )
  expect([await count('webhook_receipt'), await count('job')]).toEqual([0, 0])

  await until('the webhook is taken', async () => (await send()) === 200)
  expect(await send()).toBe(200)
  await until('all of it is applied', async () => (await count('suppression')) === 3)
  expect([await count('webhook_receipt'), await count('job')]).toEqual([3, 3])
})
