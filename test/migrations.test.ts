import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { expect, inject, test } from 'vitest'
import type { Em } from '../entities/index.ts'
import { updateLead } from '../marketing/lead-change.ts'
import { openOrm } from '../runtime/db.ts'
import { createDatabase, createEmptyDatabase } from './support/database.ts'

test('migrating changes no file: an installation with changed files could not take its next version', async () => {
  const file = new URL('../migrations/.snapshot.json', import.meta.url)
  const before = statSync(file).mtimeMs
  const database = await createEmptyDatabase(inject('databaseUrl'))
  const orm = await openOrm({ DATABASE_URL: database.url, DATABASE_POOL: 2 })
  // Half-way the tables are others than those of the newest version.
  await orm.migrator.up({ to: 'Migration20261124130616_schedules_statistics_backups' })
  await orm.close()
  await database.drop()
  expect(statSync(file).mtimeMs).toBe(before)
})

test('the consent history begins with what was known of each lead before', async () => {
  const database = await createDatabase(inject('databaseUrl'))
  const orm = await openOrm({ DATABASE_URL: database.url, DATABASE_POOL: 2 })
  const em = orm.em.fork()
  try {
    await orm.migrator.down({ to: 'Migration20261124130616_schedules_statistics_backups' })
    const at = '2026-01-02 03:04:05.678'
    await em.execute(
      "insert into workspace (id, slug, name, time_zone, created_at) values ('ws_1', 'a', 'A', 'UTC', ?)",
      [at],
    )
    const leads = [
      ['lead_01jd0000000000000000000000', 'GRANTED', at, 'DENIED', null],
      ['lead_01jd0000000000000000000002', 'UNKNOWN', null, 'UNKNOWN', null],
    ]
    for (const values of leads)
      await em.execute(
        `insert into \`lead\` (id, email_consent, email_consent_at, whatsapp_consent, erased_at, workspace_id, utm, tags,
           custom_fields, status, external_ids, last_event_seq, created_at, updated_at, version)
         values (?, ?, ?, ?, ?, 'ws_1', '{}', '[]', '{}', 'NEW', '{}', 1, '2026-01-01', '2026-01-01', 1)`,
        values,
      )
    await orm.migrator.up()
    const lines = await em.execute(
      'select id, lead_id, channel, from_state, to_state, at, source from consent_event order by id',
    )
    const known = { lead_id: leads[0]![0], from_state: 'UNKNOWN', source: 'BEFORE_HISTORY' }
    expect(lines).toEqual([
      { ...known, id: 'cons_01jd0000000000000000000000', channel: 'EMAIL', to_state: 'GRANTED', at },
      {
        ...known,
        id: 'cons_01jd0000000000000000000001',
        channel: 'WHATSAPP',
        to_state: 'DENIED',
        at: '2026-01-01 00:00:00.000',
      },
    ])
  } finally {
    await orm.close()
    await database.drop()
  }
})

test('migrations produce exactly the schema the entities describe', async () => {
  const database = await createDatabase(inject('databaseUrl'))
  const orm = await openOrm({ DATABASE_URL: database.url, DATABASE_POOL: 2 })
  try {
    expect(await orm.schema.getUpdateSchemaSQL({ wrap: false })).toBe('')
    expect(await orm.migrator.up()).toEqual([])
  } finally {
    await orm.close()
    await database.drop()
  }
})

test('jobs of the time when priorities were numbers have levels after the migration', async () => {
  const database = await createEmptyDatabase(inject('databaseUrl'))
  const orm = await openOrm({ DATABASE_URL: database.url, DATABASE_POOL: 2 })
  const em = orm.em.fork()
  try {
    await orm.migrator.up({ to: 'Migration20261124130616_schedules_statistics_backups' })
    await em.execute(
      "insert into workspace (id, slug, name, time_zone, created_at) values ('w', 'w', 'w', 'UTC', now())",
    )
    for (const priority of [0, 1, 2_097_151])
      await em.execute(
        `insert into job (id, workspace_id, name, input, input_version, fingerprint, state, priority, run_at, run, attempts,
           attempts_made, starts, correlation_id, created_at, updated_at)
         values (?, 'w', 'a.b', '{}', 1, '', 'COMPLETED', ?, now(), 1, 1, 0, 0, '', now(), now())`,
        [`job_${priority}`, priority],
      )
    await orm.migrator.up()
    expect(await em.execute('select id, priority from job order by id')).toEqual([
      { id: 'job_0', priority: 'NORMAL' },
      { id: 'job_1', priority: 'HIGH' },
      { id: 'job_2097151', priority: 'LOW' },
    ])
  } finally {
    await orm.close()
    await database.drop()
  }
})

test('leads that share a phone number and nothing else, of the time when they could, stay and can be changed', async () => {
  const database = await createEmptyDatabase(inject('databaseUrl'))
  const orm = await openOrm({ DATABASE_URL: database.url, DATABASE_POOL: 2 })
  const em = orm.em.fork() as Em
  try {
    await orm.migrator.up({ to: 'Migration20261124130616_schedules_statistics_backups' })
    await em.execute(
      "insert into workspace (id, slug, name, time_zone, created_at) values ('w', 'w', 'w', 'UTC', now())",
    )
    const hash = createHash('md5').update('c@example.com').digest('hex')
    for (const [id, email, ids] of [
      ['a', null, '{}'],
      ['b', null, '{}'],
      ['c', 'c@example.com', JSON.stringify({ mailchimp: hash, hubspot: '512' })],
    ])
      await em.execute(
        `insert into \`lead\` (id, workspace_id, email, phone, utm, tags, custom_fields, email_consent, whatsapp_consent, status,
           external_ids, last_event_seq, created_at, updated_at, version)
         values (?, 'w', ?, '+34600000000', '{}', '[]', '{}', 'UNKNOWN', 'UNKNOWN', 'NEW', ?, 0, now(), now(), 1)`,
        [id, email, ids],
      )
    await orm.migrator.up()
    expect(await em.execute('select id, phone_key from `lead` order by id')).toEqual([
      { id: 'a', phone_key: '+34600000000' },
      { id: 'b', phone_key: null },
      { id: 'c', phone_key: null },
    ])
    expect(await em.execute('select vendor, external_id, address from contact order by vendor')).toEqual([
      { vendor: 'hubspot', external_id: '512', address: null },
      { vendor: 'mailchimp', external_id: hash, address: 'c@example.com' },
    ])
    const change = { leadId: 'b', patch: { firstName: 'Bo' }, correlationId: 'c' }
    const changed = await em.transactional((within) => updateLead(within as Em, 'w', change, new Date()))
    expect(changed.kind).toBe('changed')
  } finally {
    await orm.close()
    await database.drop()
  }
})
