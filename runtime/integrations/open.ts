import { connect } from '../../queue/connection.ts'
import { createScripts } from '../../queue/scripts.ts'
import type { Parts } from '../process.ts'
import { createVault, type Vault } from '../secrets.ts'
import { type Connections, createConnections } from './accounts.ts'
import { type CallCounter, countCalls } from './calls.ts'

/**
 * Opens a process's vendor accounts.
 * @param kind `patient`: calls wait while Redis is away (workers); `failFast`: they are refused (the API)
 */
export function openConnections(
  { config, fork, log, onError, shutdown }: Parts,
  kind: 'patient' | 'failFast',
): { connections: Connections; vault: Vault; calls: CallCounter } {
  const redis = connect(config.REDIS_URL, kind, onError)
  shutdown.add('vendor accounts', () => redis.disconnect())
  const vault = createVault(config.ENCRYPTION_KEYS)
  const calls = countCalls()
  const run = createScripts(redis)
  const connections = createConnections({ config, vault, fork, log, run, onCall: calls.onCall })
  return { vault, calls, connections }
}
