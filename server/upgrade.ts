import type { IncomingMessage } from 'node:http'
import { type Config, listOf, publicUrl } from '../runtime/config.ts'
import { graphqlPath } from './graphql.ts'

/**
 * Why a connection is not upgraded, as an HTTP status line; undefined when it may be. Browsers say which page asks; only
 * our own and those in CORS_ORIGINS may. Other programs send no `Origin`.
 */
export function refusalOf(request: IncomingMessage, config: Config): string | undefined {
  if (pathOf(request) !== graphqlPath) return '404 Not Found'
  const { origin, host } = request.headers
  if (!origin || [publicUrl(config), ...listOf(config.CORS_ORIGINS)].includes(origin)) return undefined
  return URL.parse(origin)?.host === host ? undefined : '403 Forbidden'
}

/** The path a request asks for, without query. */
export function pathOf({ url = '/' }: IncomingMessage): string {
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}
