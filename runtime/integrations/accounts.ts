import type { Logger } from 'pino'
import type { Em } from '../../entities/index.ts'
import type { CallSettings } from '../../integrations/client.ts'
import type { RunScript } from '../../integrations/create-gate.ts'
import type { Crm } from '../../integrations/crm.ts'
import type { EmailSender } from '../../integrations/email.ts'
import type { Gate } from '../../integrations/gate.ts'
import type { Mailchimp } from '../../integrations/mailchimp/verbs.ts'
import type { Whatsapp } from '../../integrations/whatsapp/verbs.ts'
import type { Config } from '../config.ts'
import type { Vault } from '../secrets.ts'
import { createClient, type VendorClient } from './clients.ts'
import { gateOf } from './gates.ts'
import { type AccountSource, readSources } from './sources.ts'

/**
 * One workspace's vendors, without the verbs that write to people: those are in `Senders`. Reading one that is not connected
 * throws `NotConnectedError`.
 */
export interface Accounts {
  readonly mailchimp: Mailchimp
  readonly email: EmailAccount
  readonly whatsapp: WhatsappAccount
  readonly crm: Crm
}

type EmailAccount = Omit<EmailSender, 'sendTemplate'>
type WhatsappAccount = Omit<Whatsapp, 'sendTemplate' | 'sendText' | 'sendMedia'>

/** What messages leave by. Reading one that is not connected throws `NotConnectedError`. */
export interface Senders {
  readonly email: EmailSender
  readonly whatsapp: Whatsapp
}

/** An account with its gate and its client. */
export interface Connection {
  source: AccountSource
  gate: Gate
  vendor: VendorClient
}

/** The workspace has no account of this kind. A person has to connect one; until then the same call fails again. */
class NotConnectedError extends Error {
  override readonly name = 'NotConnectedError'
  readonly errorClass = 'PERMANENT'
  readonly code = 'NOT_CONNECTED'
  constructor(role: keyof Accounts) {
    super(`The workspace has no ${role} account; connect one with connectIntegration`)
  }
}

export interface ConnectionParts {
  config: Config
  vault: Vault
  fork: () => Em
  run: RunScript
  log: Logger
  onCall?: CallSettings['onCall']
}

export interface Connections {
  /** All accounts of a workspace. What another process changed is seen after `freshMs` at the latest. */
  of(workspaceId: string): Promise<readonly Connection[]>
  /** Reads a workspace's accounts anew at the next use. */
  forget(workspaceId: string): void
}

/** How long another process's change of an account may go unnoticed. */
const freshMs = 5_000

/** The accounts of all workspaces, made when they are first used. An account that has not changed keeps its client. */
export function createConnections(parts: ConnectionParts): Connections {
  const known = new Map<string, { until: number; connections: Promise<Connection[]> }>()
  const made = new Map<string, Connection>()

  async function connectionOf(source: AccountSource): Promise<Connection> {
    const slot = `${source.workspaceId}:${source.vendor}`
    const before = made.get(slot)
    if (before && JSON.stringify(before.source) === JSON.stringify(source)) return before
    let client: VendorClient | undefined
    const gate = gateOf(parts, source, async (signal) => client?.check({ signal, priority: 'CRITICAL' }))
    client = await createClient(parts, source, gate)
    const connection = { source, gate, vendor: client }
    made.set(slot, connection)
    return connection
  }

  async function read(workspaceId: string): Promise<Connection[]> {
    const sources = await readSources(parts.fork(), parts.config, parts.vault, workspaceId)
    return Promise.all(sources.map(connectionOf))
  }

  return {
    of(workspaceId) {
      const entry = known.get(workspaceId)
      if (entry && entry.until > Date.now()) return entry.connections
      const connections = read(workspaceId)
      known.set(workspaceId, { until: Date.now() + freshMs, connections })
      connections.catch(() => known.delete(workspaceId))
      return connections
    },
    forget: (workspaceId) => known.delete(workspaceId),
  }
}

/** A workspace's accounts by what they are for. */
export async function accountsOf(connections: Connections, workspaceId: string): Promise<Accounts> {
  const find = finderIn(await connections.of(workspaceId))
  return {
    get mailchimp() {
      return find('mailchimp')
    },
    get email() {
      return withoutSending(find('email'))
    },
    get whatsapp() {
      return withoutSending(find('whatsapp'))
    },
    get crm() {
      return find('crm')
    },
  }
}

/** The accounts that messages leave by, whole. */
export async function sendersOf(connections: Connections, workspaceId: string): Promise<Senders> {
  const find = finderIn(await connections.of(workspaceId))
  return {
    get email() {
      return find('email')
    },
    get whatsapp() {
      return find('whatsapp')
    },
  }
}

function finderIn(all: readonly Connection[]) {
  return <Role extends VendorClient['role']>(role: Role) => {
    const found = all.find(({ vendor }) => vendor.role === role)
    if (!found) throw new NotConnectedError(role)
    return found.vendor.client as Extract<VendorClient, { role: Role }>['client']
  }
}

/** Not only the type lacks them: a job whose types nobody checks has them no more than one that is checked. */
function withoutSending<T extends object>(client: T): Omit<T, `send${string}`> {
  const others = Object.entries(client).filter(([name]) => !name.startsWith('send'))
  return Object.fromEntries(others) as Omit<T, `send${string}`>
}
