import { randomInt } from 'node:crypto'
import { knock } from './knock.ts'

/**
 * Asks an address to answer with a challenge, as Meta does before it takes one (integrations.md 5.7); null = it
 * did. Without a verify token nothing is asked.
 */
export async function challengeProblem(hook: { url: string; verifyToken?: string }): Promise<string | null> {
  if (hook.verifyToken === undefined) return null
  const challenge = String(randomInt(1_000_000_000, 9_999_999_999))
  const url = new URL(hook.url)
  url.searchParams.set('hub.mode', 'subscribe')
  url.searchParams.set('hub.verify_token', hook.verifyToken)
  url.searchParams.set('hub.challenge', challenge)
  const { status, body } = await knock(url.href, { method: 'GET' })
  return status === 200 && body === challenge
    ? null
    : `the callback URL could not be validated: it answered ${status === 0 ? 'nothing' : status}, not the challenge`
}
