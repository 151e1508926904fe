import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'

/** Runs Lua scripts, sending the text of each only when Redis does not know it. */
export function createScripts(
  redis: Redis,
): (lua: string, keys: readonly string[], args: readonly (string | number)[]) => Promise<unknown> {
  const shas = new Map<string, string>()
  return async (lua, keys, args) => {
    const sha = shas.get(lua) ?? createHash('sha1').update(lua).digest('hex')
    shas.set(lua, sha)
    try {
      return await redis.evalsha(sha, keys.length, ...keys, ...args)
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return redis.eval(lua, keys.length, ...keys, ...args)
    }
  }
}
