import type { Logger } from 'pino'
import { hashKey } from '../access/key-secret.ts'
import { ApiKey, permissionsOf } from '../entities/api-key.ts'
import { defaultWorkspaceId } from '../entities/default-workspace.ts'
import type { Em } from '../entities/index.ts'
import type { Caller } from '../schema/index.ts'

/** Which keys are good. An answer is remembered for `cacheMs`; connections of a key that ends are told within `watchMs`. */

const cacheMs = 3_000
const watchMs = 2_000
const maxCached = 10_000
const usedEveryMs = 60_000

export interface Keyring {
  /** Who a key belongs to; undefined when it is missing, unknown, expired or revoked. */
  find(secret: string | undefined): Promise<Caller | undefined>
  /** Calls `end` once the key has expired or was revoked. @returns stops watching */
  watch(caller: Caller, end: () => void): () => void
  close(): void
}

/**
 * Opens the keyring of a process.
 * @param defaultWorkspace slug of the default workspace; empty: the oldest
 */
export function openKeyring(fork: () => Em, log: Logger, defaultWorkspace: string): Keyring {
  const cache = new Map<string, { caller: Promise<Caller | undefined>; until: number }>()
  const watched = new Map<string, Set<() => void>>()

  function find(secret: string | undefined): Promise<Caller | undefined> {
    if (!secret) return Promise.resolve(undefined)
    const hash = hashKey(secret)
    const known = cache.get(hash)
    if (known && known.until > Date.now()) return known.caller.then(unlessExpired)
    if (cache.size >= maxCached) cache.clear()
    const caller = load(fork(), hash, log, defaultWorkspace)
    cache.set(hash, { caller, until: Date.now() + cacheMs })
    caller.catch(() => cache.delete(hash))
    return caller
  }

  async function endLost(): Promise<void> {
    if (watched.size === 0) return
    const good = await stillGood(fork(), [...watched.keys()])
    for (const [id, ends] of watched) if (!good.has(id)) for (const end of ends) end()
  }

  const timer = setInterval(() => {
    endLost().catch((error: Error) =>
      log.warn({ err: error }, 'Could not check the keys of open connections'),
    )
  }, watchMs).unref()

  function watch({ id }: Caller, end: () => void): () => void {
    const ends = watched.get(id) ?? new Set()
    watched.set(id, ends.add(end))
    return () => {
      ends.delete(end)
      if (ends.size === 0 && watched.get(id) === ends) watched.delete(id)
    }
  }

  return { find, watch, close: () => clearInterval(timer) }
}

function unlessExpired(caller: Caller | undefined): Caller | undefined {
  return caller?.expiresAt && caller.expiresAt.getTime() <= Date.now() ? undefined : caller
}

async function load(
  em: Em,
  hash: string,
  log: Logger,
  defaultWorkspace: string,
): Promise<Caller | undefined> {
  const key = await em.findOne(ApiKey, { hash, revokedAt: null }, { disableIdentityMap: true })
  if (!key) return undefined
  const { id, name, role, workspaceId, expiresAt = null, scopes = null } = key
  const inDefaultWorkspace = workspaceId === (await defaultWorkspaceId(em, defaultWorkspace))
  const caller = unlessExpired({
    id,
    name,
    role,
    workspaceId,
    inDefaultWorkspace,
    expiresAt,
    permissions: permissionsOf({ role, scopes }, inDefaultWorkspace),
  })
  if (caller) noteUse(em, key, log)
  return caller
}

/** Keeps `lastUsedAt` roughly right without a write per request. */
function noteUse(em: Em, { id, lastUsedAt }: ApiKey, log: Logger): void {
  const now = new Date()
  if (lastUsedAt && now.getTime() - lastUsedAt.getTime() < usedEveryMs) return
  em.nativeUpdate(ApiKey, { id }, { lastUsedAt: now }).catch((error: Error) =>
    log.warn({ err: error }, 'Could not note the use of a key'),
  )
}

async function stillGood(em: Em, ids: string[]): Promise<Set<string>> {
  const rows = await em.find(
    ApiKey,
    { id: { $in: ids }, revokedAt: null, $or: [{ expiresAt: null }, { expiresAt: { $gt: new Date() } }] },
    { fields: ['id'], disableIdentityMap: true },
  )
  return new Set(rows.map(({ id }) => id))
}
