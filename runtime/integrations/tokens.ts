import { newId } from '../../entities/ids.ts'
import type { Em } from '../../entities/index.ts'
import type { OAuthToken, TokenParts } from '../../integrations/oauth.ts'
import type { Vault } from '../secrets.ts'
import type { AccountSource } from './sources.ts'

/** Seconds to wait for another process that renews the token. */
const lockSeconds = 20

/**
 * Keeps the access token of an OAuth account, encrypted, in its row. One process at a time renews it, by a lock of
 * MariaDB that ends with its connection; the others wait, and find the new one.
 */
export function tokenStore(
  fork: () => Em,
  vault: Vault,
  { workspaceId, vendor }: Pick<AccountSource, 'workspaceId' | 'vendor'>,
): Pick<TokenParts, 'read' | 'store' | 'lock'> {
  async function find(em: Em): Promise<{ id: string; token: string | null } | undefined> {
    const [row] = await em.execute<{ id: string; token: string | null }[]>(
      'select id, token from integration where workspace_id = ? and vendor = ?',
      [workspaceId, vendor],
    )
    return row
  }

  return {
    async read() {
      const row = await find(fork())
      return row?.token ? parse(vault.open(row.token, row.id)) : undefined
    },
    async store(token) {
      const em = fork()
      const id = await ensureIntegration(em, workspaceId, vendor)
      const sealed = vault.seal(JSON.stringify(token), id)
      await em.execute('update integration set token = ? where id = ?', [sealed, id])
    },
    lock: (work) => withLock(fork(), `token:${workspaceId}:${vendor}`.slice(0, 64), work),
  }
}

/** Makes sure that there is a row for a workspace's vendor; returns its id. */
export async function ensureIntegration(em: Em, workspaceId: string, vendor: string): Promise<string> {
  const now = new Date()
  await em.execute(
    `insert into integration (id, workspace_id, vendor, settings, created_at, updated_at) values (?, ?, ?, '{}', ?, ?)
     on duplicate key update id = id`,
    [newId('integration'), workspaceId, vendor, now, now],
  )
  const [row] = await em.execute<{ id: string }[]>(
    'select id from integration where workspace_id = ? and vendor = ?',
    [workspaceId, vendor],
  )
  return row!.id
}

function parse(text: string): OAuthToken {
  const { obtainedAt, expiresAt, ...token } = JSON.parse(text)
  return { ...token, obtainedAt: new Date(obtainedAt), expiresAt: new Date(expiresAt) }
}

/** @throws when another process holds the lock for too long */
async function withLock<T>(em: Em, name: string, work: () => Promise<T>): Promise<T> {
  // A transaction keeps to one connection, which the lock belongs to.
  await em.begin()
  try {
    const [row] = await em.execute<{ held: number | null }[]>('select get_lock(?, ?) as held', [
      name,
      lockSeconds,
    ])
    if (Number(row?.held) !== 1) throw new Error('Another process renews the access token for too long')
    return await work()
  } finally {
    await em.execute('do release_lock(?)', [name]).catch(() => undefined)
    await em.rollback().catch(() => undefined)
  }
}
