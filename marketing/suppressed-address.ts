import { createHash } from 'node:crypto'
import type { Channel } from '../entities/message.ts'

/** Whose address, as it is spelled in suppressions. */
export interface Address {
  workspaceId: string
  channel: Channel
  address: string
}

/** What stands for the address of somebody who was erased, so that it is known again without being kept. */
export function hashedAddress({ workspaceId, channel, address }: Address): string {
  const text = `${workspaceId}:${channel}:${address}`
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

/** Both ways an address may be kept. */
export const spellings = (address: Address): [plain: string, hashed: string] => [
  address.address,
  hashedAddress(address),
]
