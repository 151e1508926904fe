import { plainId, sortableId } from '../queue/keys.ts'
import { InvalidCursorError } from './errors.ts'

/** Position in each queue's stream, by job name. */
export type Positions = ReadonlyMap<string, string>

/** The opaque cursor of a set of positions. */
export function encodeCursor(positions: Positions): string {
  const parts = [...positions].map(([queue, id]) => `${queue}=${plainId(id)}`)
  return Buffer.from(parts.join(';')).toString('base64url')
}

/** Undoes `encodeCursor`. @throws InvalidCursorError */
export function decodeCursor(cursor: string): Map<string, string> {
  const positions = new Map<string, string>()
  for (const part of Buffer.from(cursor, 'base64url').toString().split(';')) {
    const [, queue, id] = /^([a-z.-]+)=(\d{1,15}-\d{1,6})$/.exec(part) ?? []
    if (!queue || !id) throw new InvalidCursorError()
    positions.set(queue, sortableId(id))
  }
  return positions
}
