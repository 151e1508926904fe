import { plainId, sortableId } from '../queue/keys.ts'
import { InvalidCursorError } from './errors.ts'

/** A place in a queue's event stream. */
export interface Position {
  /** Which stream: another one after Redis was emptied. */
  epoch: string
  /** Sortable id of the last entry before it. */
  id: string
}

/** A place in each queue's stream, by job name. A queue that is missing stands nowhere: what came before is unknown. */
export type Positions = ReadonlyMap<string, Position>

/**
 * The layout of a cursor, in base64url: version, the newest time as varint, then for each queue 4 bytes that stand for
 * its stream, how many ms it is behind the newest time and the sequence within the ms as varints; 2 bytes of check sum.
 */
const version = 2
const tagBytes = 4
const checkBytes = 2

/** The opaque cursor of a set of positions. */
export function encodeCursor(positions: Positions): string {
  const places = [...positions].map(([queue, { epoch, id }]) => ({
    tag: tagOf(queue, epoch),
    ...partsOf(id),
  }))
  const newest = Math.max(0, ...places.map(({ ms }) => ms))
  const bytes = [version, ...varint(newest)]
  for (const { tag, ms, seq } of places)
    bytes.push(...bytesOf(tag, tagBytes), ...varint(newest - ms), ...varint(seq))
  return Buffer.from([...bytes, ...bytesOf(fnv(bytes), checkBytes)]).toString('base64url')
}

/** What a cursor says: the ids it stands at, by the tag of their streams. */
export type ReadCursor = ReadonlyMap<number, string>

/** Reads a cursor. @throws InvalidCursorError when it is not one of this version of the API */
export function decodeCursor(cursor: string): ReadCursor {
  const bytes = Buffer.from(cursor, 'base64url')
  const end = bytes.length - checkBytes
  const isOurs =
    end > 1 &&
    bytes[0] === version &&
    bytes.toString('base64url') === cursor &&
    bytes.readUIntBE(end, checkBytes) === fnv(bytes.subarray(0, end)) % 2 ** (8 * checkBytes)
  if (!isOurs) throw new InvalidCursorError()
  const next = reader(bytes.subarray(0, end))
  const newest = next.varint()
  const ids = new Map<number, string>()
  while (next.more()) {
    const tag = next.tag()
    const ms = newest - next.varint()
    const seq = next.varint()
    if (ms < 0 || ms >= 1e15 || seq >= 1e6) throw new InvalidCursorError()
    ids.set(tag, sortableId(`${ms}-${seq}`))
  }
  return ids
}

/** Where a cursor stands in the streams there are now; queues whose stream is another one by now are left out. */
export function placesOf(cursor: ReadCursor, epochs: ReadonlyMap<string, string>): Positions {
  const places = new Map<string, Position>()
  for (const [queue, epoch] of epochs) {
    const id = cursor.get(tagOf(queue, epoch))
    if (id !== undefined) places.set(queue, { epoch, id })
  }
  return places
}

/** Whether `one` is where `other` is, or beyond. */
export function hasReached(one: Position | undefined, other: Position | undefined): boolean {
  return one !== undefined && other !== undefined && one.epoch === other.epoch && one.id >= other.id
}

/** The same positions with one queue moved. */
export function moved(positions: Positions, queue: string, position: Position): Positions {
  return new Map(positions).set(queue, position)
}

/** The further of two positions for each queue; `hub` itself when it is nowhere behind. */
export function furthest(own: Positions, hub: Positions): Positions {
  const ahead = [...own].filter(([queue, position]) => !hasReached(hub.get(queue), position))
  return ahead.length === 0 ? hub : new Map([...hub, ...ahead])
}

function partsOf(id: string): { ms: number; seq: number } {
  const [ms = 0, seq = 0] = plainId(id).split('-').map(Number)
  return { ms, seq }
}

const tagOf = (queue: string, epoch: string) => fnv(Buffer.from(`${queue}\n${epoch}`))

/** FNV-1a, 32 bits. */
function fnv(bytes: Iterable<number>): number {
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

const bytesOf = (value: number, count: number) =>
  Array.from({ length: count }, (_, i) => (value >>> (8 * (count - 1 - i))) & 0xff)

/** Seven bits a byte, lowest first; the highest bit says that more follow. Times need more than 32 bits. */
function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return [...bytes, rest]
}

function reader(bytes: Buffer) {
  let at = 1
  const byte = () => {
    const value = bytes[at++]
    if (value === undefined) throw new InvalidCursorError()
    return value
  }
  return {
    more: () => at < bytes.length,
    tag: () => byte() * 2 ** 24 + byte() * 2 ** 16 + byte() * 2 ** 8 + byte(),
    varint: () => {
      let value = 0
      for (let factor = 1; ; factor *= 128) {
        const next = byte()
        value += (next % 128) * factor
        if (next < 128) return value
      }
    },
  }
}
