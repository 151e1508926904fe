import { LockMode } from '@mikro-orm/core'
import { ApiKey, type Permission } from '../entities/api-key.ts'
import { newId } from '../entities/ids.ts'
import type { Em } from '../entities/index.ts'
import { audit } from '../ledger/audit.ts'
import { NotFoundError } from '../ledger/errors.ts'
import type { Actor } from '../ledger/ledger.ts'
import { ApiKeyEndedError, ApiKeyReplacedError, LastAdminKeyError } from './errors.ts'
import {
  administers,
  checkCovers,
  checkWish,
  type KeyPlace,
  type KeyRow,
  type KeyWish,
  stateOf,
} from './key-rules.ts'
import { newKey } from './key-secret.ts'

/** What is done to API keys. Each takes the caller's transaction and writes its audit row there. */

/** Who looks after keys. */
export interface KeyManager {
  actor: Actor
  /** What they may do themselves, which bounds what they can hand out. */
  permissions: ReadonlySet<Permission>
  /** Kept with the action. */
  reason?: string | null | undefined
}

/** A new key, and its secret, which is stored nowhere. */
export interface IssuedKey {
  key: KeyRow
  secret: string
}

/** Makes a key. @throws InvalidInputError, PermissionExceededError */
export async function createKey(
  em: Em,
  by: KeyManager,
  place: KeyPlace,
  wish: KeyWish,
  now: Date,
): Promise<IssuedKey> {
  checkWish(wish, place, now)
  checkCovers(by.permissions, wish, place)
  const issued = await insertKey(em, place, wish, now)
  await auditKey(em, by, place, 'createApiKey', issued.key.id)
  return issued
}

export interface Rotation {
  id: string
  /** Until then the old key stays good; a time that has passed ends it at once. */
  oldExpiresAt: Date
  /** Of the new key; left out: it lives as long as the old one was meant to. */
  expiresAt?: Date | null | undefined
}

/**
 * Makes a key like another, which stays good for a while, so that its users can change over.
 * @throws NotFoundError, ApiKeyEndedError, ApiKeyReplacedError, InvalidInputError, PermissionExceededError
 */
export async function rotateKey(
  em: Em,
  by: KeyManager,
  place: KeyPlace,
  { id, oldExpiresAt, expiresAt }: Rotation,
  now: Date,
): Promise<IssuedKey & { old: KeyRow }> {
  const old = await liveKey(em, place, id, now)
  await refuseReplaced(em, old, now)
  const { name, role, scopes } = old
  const wish = { name, role, scopes, expiresAt: expiresAt === undefined ? sameLife(old, now) : expiresAt }
  checkWish(wish, place, now)
  checkCovers(by.permissions, wish, place)
  const issued = await insertKey(em, place, wish, now)
  const end = earliest(old.expiresAt, notBefore(oldExpiresAt, now))
  const change = { expiresAt: end, replacedBy: issued.key.id }
  await em.nativeUpdate(ApiKey, { id }, change)
  await auditKey(em, by, place, 'rotateApiKey', id, `to ${issued.key.id}, good until ${end.toISOString()}`)
  return { ...issued, old: { ...old, ...change } }
}

export interface Expiry {
  id: string
  /** Null: it does not expire. A time that has passed ends it at once. */
  expiresAt: Date | null
  /** Also when nobody could look after the workspace's keys any more. */
  evenIfLast: boolean
}

/** Says when a key expires. @throws NotFoundError, ApiKeyEndedError, LastAdminKeyError, PermissionExceededError */
export async function setKeyExpiry(
  em: Em,
  by: KeyManager,
  place: KeyPlace,
  { id, expiresAt, evenIfLast }: Expiry,
  now: Date,
): Promise<KeyRow> {
  const key = await liveKey(em, place, id, now)
  checkCovers(by.permissions, key, place)
  const end = expiresAt && notBefore(expiresAt, now)
  if (end && !evenIfLast) await refuseLast(em, key, end)
  await em.nativeUpdate(ApiKey, { id }, { expiresAt: end })
  await auditKey(em, by, place, 'setApiKeyExpiry', id, end ? `at ${end.toISOString()}` : 'never')
  return { ...key, expiresAt: end }
}

export interface Revocation {
  id: string
  evenIfLast: boolean
}

/** Ends a key for good; one that was revoked before stays as it is. @throws NotFoundError, LastAdminKeyError */
export async function revokeKey(
  em: Em,
  by: KeyManager,
  place: KeyPlace,
  { id, evenIfLast }: Revocation,
  now: Date,
): Promise<KeyRow> {
  const key = await lockKey(em, place, id)
  if (key.revokedAt) return key
  if (!evenIfLast && stateOf(key, now) === 'ACTIVE') await refuseLast(em, key, now)
  await em.nativeUpdate(ApiKey, { id }, { revokedAt: now })
  await auditKey(em, by, place, 'revokeApiKey', id)
  return { ...key, revokedAt: now }
}

async function insertKey(
  em: Em,
  { workspaceId }: KeyPlace,
  { name, role, scopes, expiresAt }: KeyWish,
  now: Date,
): Promise<IssuedKey> {
  const { secret, hash, hint } = newKey()
  const unused = { revokedAt: null, lastUsedAt: null, replacedBy: null }
  const about = { name, role, scopes: scopes ? [...scopes] : null, expiresAt, createdAt: now }
  const key = { id: newId('apiKey'), workspaceId, ...about, hash, hint, ...unused }
  await em.insert(ApiKey, key)
  return { key, secret }
}

/** Which workspace a key is in: what is done there is told there, and where it was done from. */
async function auditKey(
  em: Em,
  { actor, reason }: KeyManager,
  { workspaceId }: KeyPlace,
  action: string,
  keyId: string,
  what?: string,
): Promise<void> {
  const text = [what, reason].filter(Boolean).join('; ') || null
  for (const id of new Set([workspaceId, actor.workspaceId]))
    await audit(em, { ...actor, workspaceId: id }, action, keyId, text)
}

/** @throws NotFoundError */
async function lockKey(em: Em, { workspaceId }: KeyPlace, id: string): Promise<KeyRow> {
  const key = await em.findOne(ApiKey, { id, workspaceId }, { ...locked, disableIdentityMap: true })
  if (!key) throw new NotFoundError(id)
  return key
}

const locked = { lockMode: LockMode.PESSIMISTIC_WRITE } as const

/** @throws NotFoundError, ApiKeyEndedError */
async function liveKey(em: Em, place: KeyPlace, id: string, now: Date): Promise<KeyRow> {
  const key = await lockKey(em, place, id)
  if (stateOf(key, now) !== 'ACTIVE') throw new ApiKeyEndedError(id)
  return key
}

/** A repeated rotation would leave behind a key that nobody knows of. @throws ApiKeyReplacedError */
async function refuseReplaced(em: Em, { id, replacedBy }: KeyRow, now: Date): Promise<void> {
  if (!replacedBy) return
  const next = await em.findOne(ApiKey, { id: replacedBy }, { disableIdentityMap: true })
  if (next && stateOf(next, now) === 'ACTIVE') throw new ApiKeyReplacedError(id, replacedBy)
}

/** Locks the workspace's administering keys, so that of two ended at once the second counts without the first. */
async function refuseLast(em: Em, key: KeyRow, end: Date): Promise<void> {
  if (!administers(key)) return
  const where = { workspaceId: key.workspaceId, role: 'ADMIN' as const, revokedAt: null }
  const admins = await em.find(ApiKey, where, { ...locked, disableIdentityMap: true, orderBy: { id: 'asc' } })
  const others = admins.filter((each) => each.id !== key.id && administers(each))
  if (!others.some((each) => stateOf(each, end) === 'ACTIVE')) throw new LastAdminKeyError(key.id)
}

const notBefore = (time: Date, now: Date) => (time > now ? time : now)

const earliest = (one: Date | null | undefined, other: Date) => (one && one < other ? one : other)

function sameLife({ createdAt, expiresAt }: KeyRow, now: Date): Date | null {
  return expiresAt ? new Date(now.getTime() + expiresAt.getTime() - createdAt.getTime()) : null
}
