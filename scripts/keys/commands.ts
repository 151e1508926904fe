import { createFirstKey } from '../../access/first-key.ts'
import type { KeyPlace, KeyRow } from '../../access/key-rules.ts'
import {
  createKey,
  type IssuedKey,
  type KeyManager,
  revokeKey,
  rotateKey,
  setKeyExpiry,
} from '../../access/keys.ts'
import { createWorkspace, updateWorkspace } from '../../access/workspaces.ts'
import { ApiKey, permissions } from '../../entities/api-key.ts'
import { defaultWorkspaceId } from '../../entities/default-workspace.ts'
import type { Em } from '../../entities/index.ts'
import { Workspace } from '../../entities/workspace.ts'
import type { Database } from './database.ts'
import { type Given, OptionError, type Options, roleIn, scopesIn, timeIn } from './options.ts'
import { keyLines, workspaceLines } from './print.ts'

export const usage = `Use: npm run keys -- <command>
  first [--another]                          the first key, and the default workspace if there is none
        [--slug SLUG] [--workspace-name NAME] [--time-zone ZONE]   what that workspace is to be
  create --name NAME --role ROLE             a key; ROLE is VIEWER, OPERATOR, MARKETER or ADMIN
        [--workspace SLUG] [--scopes leads:read,…] [--expires 90d]
  list [--workspace SLUG] [--all]            keys; --all: also those that have ended
  rotate KEY [--overlap 24h] [--expires 90d] a new key like this one, which stays good for a while
  expire KEY [--at 7d] [--even-if-last]      ends by itself then; by default now
  revoke KEY [--even-if-last]                ends now, for good
  workspaces                                 all of them
  workspaces create --slug SLUG --name NAME --time-zone ZONE
  workspaces change SLUG [--name NAME] [--time-zone ZONE]
KEY is the id of a key (key_…). Every action takes --reason TEXT for the audit log.`

type Command = (database: Database, given: Given) => Promise<string[]>

/** What `npm run keys` can do; each gives the lines to print. */
export const commands = { first, create, list, rotate, expire, revoke, workspaces } satisfies Record<
  string,
  Command
>

async function first({ transaction, defaultSlug, by }: Database, { options }: Given): Promise<string[]> {
  const wish = {
    defaultSlug,
    workspace: {
      slug: options.slug ?? (defaultSlug || 'main'),
      name: options['workspace-name'] ?? 'Main workspace',
      timeZone: options['time-zone'] ?? 'UTC',
    },
    keyName: options.name ?? 'First administrator',
    another: options.another === true,
  }
  if (defaultSlug && wish.workspace.slug !== defaultSlug)
    throw new OptionError(`--slug is ${wish.workspace.slug}, but WORKSPACE says ${defaultSlug}`)
  const { workspace, workspaceCreated, ...issued } = await transaction((em) =>
    createFirstKey(em, { ...by, reason: reasonOf(by.reason, options) }, wish, new Date()),
  )
  const made = workspaceCreated
    ? `Made the workspace ${workspace.slug}.`
    : `In the workspace ${workspace.slug}.`
  return [made, ...secretLines(issued)]
}

function create(database: Database, { options }: Given): Promise<string[]> {
  const wish = {
    name: needed(options.name, '--name'),
    role: roleIn(options.role),
    scopes: scopesIn(options.scopes),
    expiresAt: options.expires ? timeIn('--expires', options.expires, new Date()) : null,
  }
  return database.transaction(async (em) => {
    const place = await placeCalled(em, database, options.workspace)
    return secretLines(await createKey(em, manager(database, place, options), place, wish, new Date()))
  })
}

function list(database: Database, { options }: Given): Promise<string[]> {
  return database.transaction(async (em) => {
    const place = options.workspace ? await placeCalled(em, database, options.workspace) : undefined
    const where = place ? { workspaceId: place.workspaceId } : {}
    const keys = await em.find(ApiKey, where, { orderBy: { id: 'asc' }, disableIdentityMap: true })
    const all = await em.find(Workspace, {}, { disableIdentityMap: true })
    return keyLines(keys, all, options.all === true, new Date())
  })
}

function rotate(database: Database, given: Given): Promise<string[]> {
  const now = new Date()
  const { overlap = '24h', expires } = given.options
  const oldExpiresAt = timeIn('--overlap', overlap, now)
  if (!oldExpiresAt) throw new OptionError('--overlap says for how long the old key stays good, e.g. 24h')
  const times = { oldExpiresAt, expiresAt: expires ? timeIn('--expires', expires, now) : undefined }
  return onKey(database, given, async (em, by, place, id) => {
    const { old, ...issued } = await rotateKey(em, by, place, { id, ...times }, now)
    return [...secretLines(issued), `The old key ${id} stays good until ${old.expiresAt?.toISOString()}.`]
  })
}

function expire(database: Database, given: Given): Promise<string[]> {
  const now = new Date()
  const { at = 'now', 'even-if-last': evenIfLast = false } = given.options
  const expiresAt = timeIn('--at', at, now)
  return onKey(database, given, async (em, by, place, id) => {
    const key = await setKeyExpiry(em, by, place, { id, expiresAt, evenIfLast }, now)
    return [`Key ${id} ${key.expiresAt ? `ends at ${key.expiresAt.toISOString()}` : 'does not expire'}.`]
  })
}

function revoke(database: Database, given: Given): Promise<string[]> {
  const { 'even-if-last': evenIfLast = false } = given.options
  return onKey(database, given, async (em, by, place, id) => {
    await revokeKey(em, by, place, { id, evenIfLast }, new Date())
    return [`Key ${id} is revoked.`]
  })
}

async function workspaces(database: Database, { words: [verb, slug], options }: Given): Promise<string[]> {
  const { by, transaction } = database
  const reason = reasonOf(by.reason, options)
  if (verb === 'create') {
    const wish = {
      slug: needed(options.slug, '--slug'),
      name: needed(options.name, '--name'),
      timeZone: needed(options['time-zone'], '--time-zone'),
    }
    return workspaceLines([await transaction((em) => createWorkspace(em, by, wish, new Date(), reason))])
  }
  if (verb === 'change') {
    const { name, 'time-zone': timeZone } = options
    const change = { ...(name && { name }), ...(timeZone && { timeZone }) }
    return transaction(async (em) => {
      const { workspaceId } = await placeCalled(em, database, needed(slug, 'the slug of the workspace'))
      return workspaceLines([await updateWorkspace(em, { ...by, workspaceId }, change, reason)])
    })
  }
  if (verb) throw new OptionError(`There is no command "workspaces ${verb}".`)
  return transaction(async (em) =>
    workspaceLines(await em.find(Workspace, {}, { orderBy: { id: 'asc' }, disableIdentityMap: true })),
  )
}

type KeyWork = (em: Em, by: KeyManager, place: KeyPlace, id: string) => Promise<string[]>

/** Does something to the key that is named, in whatever workspace it is. */
function onKey(database: Database, { words: [word], options }: Given, work: KeyWork): Promise<string[]> {
  const id = needed(word, 'the id of the key')
  return database.transaction(async (em) => {
    const key: KeyRow | null = await em.findOne(ApiKey, { id }, { disableIdentityMap: true })
    if (!key) throw new Error(`There is no key ${id}; npm run keys -- list shows which there are.`)
    const place = await placeOf(em, database, key.workspaceId)
    return work(em, manager(database, place, options), place, id)
  })
}

async function placeCalled(em: Em, database: Database, slug: string | undefined): Promise<KeyPlace> {
  const wanted = slug ?? database.defaultSlug
  const workspaceId = await defaultWorkspaceId(em, wanted)
  if (workspaceId) return placeOf(em, database, workspaceId)
  throw new Error(
    wanted
      ? `There is no workspace ${wanted}; npm run keys -- workspaces shows which there are.`
      : 'There is no workspace yet; npm run keys -- first makes one.',
  )
}

async function placeOf(em: Em, { defaultSlug }: Database, workspaceId: string): Promise<KeyPlace> {
  return { workspaceId, isDefault: workspaceId === (await defaultWorkspaceId(em, defaultSlug)) }
}

/** Whoever may write to the database may do everything. */
function manager({ by }: Database, { workspaceId }: KeyPlace, options: Options): KeyManager {
  const actor = { workspaceId, correlationId: by.correlationId }
  return { actor, permissions: new Set(permissions), reason: reasonOf(by.reason, options) }
}

const reasonOf = (by: string, { reason }: Options) => (reason ? `${by}: ${reason}` : by)

function needed(value: string | undefined, what: string): string {
  if (value === undefined) throw new OptionError(`${what} is missing.`)
  return value
}

const secretLines = ({ key, secret }: IssuedKey): string[] => [
  `Key ${key.id} (${key.role}, ${key.name})`,
  `  ${secret}`,
  'This is the only time its secret is shown.',
]
