import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { Keys } from '../seed.ts'
import { ask } from '../services/net.ts'
import { dataDir, devFile } from './paths.ts'

/** The running system, as `.data/dev.json` tells it. */
export interface DevSystem {
  apiUrl: string
  wsUrl: string
  graphiqlUrl: string
  consoleUrl: string
  sandboxUrl: string
  databaseUrl: string
  redisUrl: string
  keys: Keys
  /** Process ids by name: mariadb, redis and the PM2 apps, one id for each instance. */
  pids: Record<string, number[]>
}

export function writeDevFile(system: DevSystem): void {
  mkdirSync(dataDir, { recursive: true })
  // It holds keys, and its readers must never see half of it.
  writeFileSync(`${devFile}.next`, `${JSON.stringify(system, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${devFile}.next`, devFile)
}

export function removeDevFile(): void {
  rmSync(devFile, { force: true })
}

/** The running system, or undefined: the file stays behind when a machine goes down, so its API is asked too. */
export async function findRunning(): Promise<DevSystem | undefined> {
  if (!existsSync(devFile)) return undefined
  const system: DevSystem = JSON.parse(readFileSync(devFile, 'utf8'))
  return (await isReady(system.apiUrl)) ? system : undefined
}

/** Does the API say that it is ready? */
export async function isReady(apiUrl: string): Promise<boolean> {
  const { hostname, port } = new URL(apiUrl)
  const request = `GET /readyz HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`
  return ask(Number(port), request, 5000).then(
    (answer) => answer.toString().startsWith('HTTP/1.1 200'),
    () => false,
  )
}

/** What a person needs to use the system. */
export function describe(system: DevSystem): string {
  const lines: [string, string][] = [
    ['GraphQL', `${system.apiUrl}   (GraphiQL in a browser)`],
    ['WebSocket', system.wsUrl],
    ['Sandbox', `${system.sandboxUrl}/_sandbox   (what the vendors received)`],
    ...Object.entries(system.keys).map(([role, key]): [string, string] => [`${role} key`, key]),
  ]
  return lines.map(([name, value]) => `  ${name.padEnd(13)} ${value}`).join('\n')
}
