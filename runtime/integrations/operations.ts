import { newId } from '../../entities/ids.ts'
import type { Em } from '../../entities/index.ts'
import type { Vendor, VendorError } from '../../integrations/errors.ts'
import type { AccountStatus, Forced } from '../../integrations/gate.ts'
import { audit } from '../../ledger/audit.ts'
import { InvalidInputError, NotFoundError } from '../../ledger/errors.ts'
import type { Actor, Ledger } from '../../ledger/ledger.ts'
import { type Vault, VaultError } from '../secrets.ts'
import type { Connection, Connections } from './accounts.ts'
import { parseAccount } from './shapes.ts'
import { ensureIntegration } from './tokens.ts'
import { watchViews } from './watch.ts'

/** An account as the API shows it. */
interface View extends AccountStatus {
  vendor: Vendor
  from: 'ENVIRONMENT' | 'WORKSPACE'
  settings: Record<string, string>
  webhookPath: string | undefined
}

export interface OperationParts {
  connections: Connections
  vault: Vault
  transaction: Ledger['transaction']
}

/** A test that takes longer has failed. */
const testMs = 15_000

/** What the API does with a workspace's vendor accounts. Every change is audited, in its own transaction. */
export function createIntegrations(parts: OperationParts) {
  const { connections } = parts
  const list = async (workspaceId: string) => Promise.all((await connections.of(workspaceId)).map(view))
  return {
    list,
    watch: (workspaceId: string) => watchViews(() => list(workspaceId)),
    connect: (actor: Actor, account: Account) => connect(parts, actor, account),
    disconnect: (actor: Actor, vendor: Vendor) => disconnect(parts, actor, vendor),
    force: (actor: Actor, vendor: Vendor, state: Forced, reason?: string | null) =>
      force(parts, actor, vendor, state, reason),
    async test(actor: Actor, vendor: Vendor) {
      const connection = await find(connections, actor.workspaceId, vendor)
      await parts.transaction((em) => audit(em, actor, 'testIntegration', actor.workspaceId, vendor))
      return tryOut(connection)
    },
  }
}

interface Account {
  vendor: Vendor
  settings: unknown
  credentials: unknown
}

async function find(connections: Connections, workspaceId: string, vendor: Vendor): Promise<Connection> {
  const found = (await connections.of(workspaceId)).find(({ source }) => source.vendor === vendor)
  if (!found) throw new NotFoundError(vendor)
  return found
}

async function view({ source, gate }: Connection): Promise<View> {
  const { vendor, from, settings } = source
  return { vendor, from, settings, webhookPath: webhookPath(source), ...(await gate.inspect()) }
}

function webhookPath({ vendor, from, integrationId }: Connection['source']): string | undefined {
  if (vendor === 'smtp') return undefined
  return from === 'ENVIRONMENT' ? `/webhooks/${vendor}` : `/webhooks/${vendor}/${integrationId}`
}

async function connect({ connections, vault, transaction }: OperationParts, actor: Actor, account: Account) {
  const { vendor } = account
  const parsed = parseAccount(vendor, { settings: account.settings ?? {}, credentials: account.credentials })
  if ('issues' in parsed) throw new InvalidInputError(parsed.issues)
  const { settings, credentials } = parsed.values
  await transaction(async (em) => {
    const id = await ensureIntegration(em, actor.workspaceId, vendor)
    const sealed = sealOf(vault, JSON.stringify(credentials), id)
    await em.execute(
      'update integration set settings = ?, credentials = ?, token = null, updated_at = ? where id = ?',
      [JSON.stringify(settings), sealed, new Date(), id],
    )
    await audit(em, actor, 'connectIntegration', id, vendor)
  })
  connections.forget(actor.workspaceId)
  return view(await find(connections, actor.workspaceId, vendor))
}

/** @throws InvalidInputError that says what an administrator has to set */
function sealOf(vault: Vault, text: string, owner: string): string {
  try {
    return vault.seal(text, owner)
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    throw new InvalidInputError([{ path: 'credentials', message: error.message }])
  }
}

async function disconnect({ connections, transaction }: OperationParts, actor: Actor, vendor: Vendor) {
  await transaction(async (em) => {
    const id = await ownIntegration(em, actor.workspaceId, vendor)
    if (id === undefined) throw new NotFoundError(vendor)
    await em.execute('delete from integration where id = ?', [id])
    await audit(em, actor, 'disconnectIntegration', id, vendor)
  })
  connections.forget(actor.workspaceId)
}

async function ownIntegration(em: Em, workspaceId: string, vendor: Vendor): Promise<string | undefined> {
  const [row] = await em.execute<{ id: string }[]>(
    'select id from integration where workspace_id = ? and vendor = ? and credentials is not null',
    [workspaceId, vendor],
  )
  return row?.id
}

/** The row keeps the word for when Redis forgets it; the gate makes it hold at once, everywhere. */
async function force(
  { connections, transaction }: OperationParts,
  actor: Actor,
  vendor: Vendor,
  state: Forced,
  reason: string | null | undefined,
) {
  const { gate } = await find(connections, actor.workspaceId, vendor)
  await transaction(async (em) => {
    const id = await ensureIntegration(em, actor.workspaceId, vendor)
    await em.execute('update integration set forced = ?, updated_at = ? where id = ?', [
      state === 'NONE' ? null : state,
      new Date(),
      id,
    ])
    await audit(em, actor, 'forceIntegration', id, [state, reason].filter(Boolean).join(': '))
  })
  await gate.force(state)
  connections.forget(actor.workspaceId)
  return view(await find(connections, actor.workspaceId, vendor))
}

async function tryOut({ source, vendor }: Connection) {
  const began = performance.now()
  const done = (problem?: { code: string; message: string }) => ({
    vendor: source.vendor,
    ok: problem === undefined,
    code: problem?.code,
    problem: problem?.message,
    ms: Math.round(performance.now() - began),
  })
  try {
    const context = { signal: AbortSignal.timeout(testMs), correlationId: newId('audit') }
    await vendor.check(context)
    const problems = vendor.role === 'mailchimp' ? await vendor.problems(context) : []
    return done(problems.length > 0 ? { code: 'UNUSABLE_SETTINGS', message: problems.join('; ') } : undefined)
  } catch (error) {
    const { code, message, name } = error as VendorError
    if (name === 'VendorError') return done({ code, message })
    if (name === 'TimeoutError') return done({ code: 'TIMEOUT', message: `no answer within ${testMs} ms` })
    throw error
  }
}
