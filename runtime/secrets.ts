import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { listOf } from './config.ts'

/** Encrypts what must not lie open in the database. */
export interface Vault {
  /**
   * AES-256-GCM with the first key. `owner` is bound to the result: it opens only for the same owner.
   * @throws VaultError when there is no key
   */
  seal(text: string, owner: string): string
  /** @throws VaultError when the key is not there any more, or the text was changed or belongs to another owner */
  open(sealed: string, owner: string): string
  /** Whether it was sealed with a key that is not the first any more. */
  isOld(sealed: string): boolean
}

/** Credentials cannot be encrypted or read; the message names what an administrator has to do. */
export class VaultError extends Error {
  override readonly name = 'VaultError'
  readonly errorClass = 'PERMANENT'
  readonly code = 'CREDENTIALS_LOCKED'
}

const algorithm = 'aes-256-gcm'
const version = 'v1'

/** A vault with the keys of `ENCRYPTION_KEYS`: `id:key` in base64, the first one encrypts, all decrypt. */
export function createVault(encryptionKeys: string): Vault {
  const keys = new Map(listOf(encryptionKeys).map((entry) => entry.split(':') as [string, string]))
  const [current] = keys.keys()

  function keyOf(id: string | undefined): Buffer {
    const key = id === undefined ? undefined : keys.get(id)
    if (key) return Buffer.from(key, 'base64')
    if (current === undefined)
      throw new VaultError(
        'ENCRYPTION_KEYS is not set, so credentials can be neither stored nor read: set it to id:key, the key made by `openssl rand -base64 32`',
      )
    throw new VaultError(`Credentials are encrypted with the key "${id}", which is not in ENCRYPTION_KEYS`)
  }

  return {
    seal(text, owner) {
      const iv = randomBytes(12)
      const cipher = createCipheriv(algorithm, keyOf(current), iv).setAAD(Buffer.from(owner))
      const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      const parts = [iv, cipher.getAuthTag(), data].map((part) => part.toString('base64url'))
      return [version, current, ...parts].join('.')
    },
    open(sealed, owner) {
      const [, id, iv = '', tag = '', data = ''] = sealed.split('.')
      const decipher = createDecipheriv(algorithm, keyOf(id), Buffer.from(iv, 'base64url'))
      try {
        decipher.setAAD(Buffer.from(owner)).setAuthTag(Buffer.from(tag, 'base64url'))
        return decipher.update(data, 'base64url', 'utf8') + decipher.final('utf8')
      } catch {
        throw new VaultError('Stored credentials were changed, or belong to another account')
      }
    },
    isOld: (sealed) => sealed.split('.')[1] !== current,
  }
}
