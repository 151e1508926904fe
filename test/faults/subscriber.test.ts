import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLeads, untilFinal, untilSeen, watchJobs } from '../support/leads.ts'
import { type System, startTestSystem } from '../support/system.ts'
import { until } from '../support/world.ts'

let system: System
beforeAll(async () => {
  system = await startTestSystem()
})
afterAll(() => system?.close())

test('a browser that loses its connection and resumes by cursor has seen exactly what one that stayed has', async () => {
  const stayed = watchJobs(system)
  const first = watchJobs(system)
  await until('both listen', () => stayed.others.length > 0 && first.others.length > 0)
  const ids = await createLeads(system, 0, 20)
  await until('some jobs are done', () => first.seen.size >= 5)
  first.stop()
  await first.ended
  await untilFinal(system, ids)
  const second = watchJobs(system, { after: first.cursor })
  await untilSeen(second, [...second.seen.keys()])
  await untilSeen(stayed, ids)
  await until('the second has caught up', () =>
    ids.every((id) => [...(first.seen.get(id) ?? []), ...(second.seen.get(id) ?? [])].includes('COMPLETED')),
  )
  for (const id of ids)
    expect(withoutProgress([...(first.seen.get(id) ?? []), ...(second.seen.get(id) ?? [])])).toEqual(
      withoutProgress(stayed.seen.get(id) ?? []),
    )
  expect(second.others).toEqual([])
  stayed.stop()
  second.stop()
})

test('an API process that is stopped lets its subscribers resume at the next one, and nobody misses an end', async () => {
  const watch = watchJobs(system)
  await until('it listens', () => watch.others.length > 0)
  const ids = await createLeads(system, 100, 10)
  await system.api.stop()
  await watch.ended
  await system.start('api')
  const resumed = watchJobs(system, { after: watch.cursor })
  await untilFinal(system, ids)
  await until('every end was seen', () =>
    ids.every((id) => [...(watch.seen.get(id) ?? []), ...(resumed.seen.get(id) ?? [])].includes('COMPLETED')),
  )
  resumed.stop()
})

/** Progress may be left out when a newer one has come: latest wins. */
const withoutProgress = (events: string[]) => events.filter((event) => event !== 'PROGRESS')
