import { type KeyRow, stateOf } from '../../access/key-rules.ts'
import type { WorkspaceRow } from '../../access/workspaces.ts'

/** What `npm run keys` prints: tables of text. */

export function keyLines(
  keys: readonly KeyRow[],
  workspaces: readonly WorkspaceRow[],
  withEnded: boolean,
  now: Date,
): string[] {
  const slugs = new Map(workspaces.map(({ id, slug }) => [id, slug]))
  const rows = keys
    .filter((key) => withEnded || stateOf(key, now) === 'ACTIVE')
    .map((key) => [
      key.id,
      slugs.get(key.workspaceId) ?? key.workspaceId,
      key.role,
      key.scopes?.join(',') ?? 'all',
      stateOf(key, now),
      day(key.expiresAt, 'never'),
      day(key.lastUsedAt, 'never'),
      `${key.hint}…`,
      key.name,
    ])
  if (rows.length === 0) return ['There is no key; npm run keys -- first makes one.']
  return aligned([
    ['key', 'workspace', 'role', 'scopes', 'state', 'expires', 'last used', 'secret', 'name'],
    ...rows,
  ])
}

export function workspaceLines(workspaces: readonly WorkspaceRow[]): string[] {
  const rows = workspaces.map(({ id, slug, timeZone, name }) => [id, slug, timeZone, name])
  if (rows.length === 0) return ['There is no workspace yet; npm run keys -- first makes one.']
  return aligned([['workspace', 'slug', 'time zone', 'name'], ...rows])
}

const day = (time: Date | null | undefined, otherwise: string) =>
  time ? `${time.toISOString().slice(0, 16)}Z` : otherwise

function aligned(rows: string[][]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  )
}
