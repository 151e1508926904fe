import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { hashKey, newKey } from '../access/key-secret.ts'
import { ApiKey, type Role } from '../entities/api-key.ts'
import { newId } from '../entities/ids.ts'
import type { Em } from '../entities/index.ts'
import { Workspace } from '../entities/workspace.ts'
import type { Config } from '../runtime/config.ts'
import { openOrm } from '../runtime/db.ts'
import { dataDir } from './system/paths.ts'

const roleOf = {
  admin: 'ADMIN',
  operator: 'OPERATOR',
  marketer: 'MARKETER',
  viewer: 'VIEWER',
} as const satisfies Record<string, Role>

/** One API key of the demo workspace for each role. */
export type Keys = Record<keyof typeof roleOf, string>

const names = Object.keys(roleOf) as (keyof Keys)[]
const keysFile = join(dataDir, 'keys.json')

/** Makes the demo workspace and its keys, if they are missing; the same keys work after a restart. */
export async function seedDevelopment(config: Pick<Config, 'DATABASE_URL' | 'DATABASE_POOL'>): Promise<Keys> {
  const keys = readKeys() ?? makeKeys()
  const orm = await openOrm(config)
  try {
    await orm.em.fork().transactional((em) => seed(em, keys))
  } finally {
    await orm.close()
  }
  return keys
}

async function seed(em: Em, keys: Keys): Promise<void> {
  const workspace = await demoWorkspace(em)
  for (const name of names) {
    const hash = hashKey(keys[name])
    if ((await em.count(ApiKey, { hash })) > 0) continue
    const key = { workspaceId: workspace.id, name: `Development ${name}`, role: roleOf[name], scopes: null }
    const unused = { expiresAt: null, revokedAt: null, lastUsedAt: null }
    em.create(ApiKey, {
      id: newId('apiKey'),
      ...key,
      ...unused,
      hash,
      hint: keys[name].slice(0, 10),
      createdAt: new Date(),
    })
  }
}

async function demoWorkspace(em: Em): Promise<Workspace> {
  const found = await em.findOne(Workspace, { slug: 'demo' })
  if (found) return found
  const about = {
    slug: 'demo',
    name: 'Demo agency',
    timeZone: 'Europe/Berlin',
    settings: { unknownConsent: { email: true } },
  }
  return em.create(Workspace, { id: newId('workspace'), ...about, createdAt: new Date() })
}

function makeKeys(): Keys {
  const pairs = names.map((name) => [name, newKey().secret])
  const keys: Keys = Object.fromEntries(pairs)
  mkdirSync(dirname(keysFile), { recursive: true })
  writeFileSync(keysFile, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 })
  return keys
}

function readKeys(): Keys | undefined {
  return existsSync(keysFile) ? JSON.parse(readFileSync(keysFile, 'utf8')) : undefined
}
