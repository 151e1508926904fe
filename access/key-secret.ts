import { createHash, randomBytes } from 'node:crypto'

/** API keys as secrets: `sol_` and 43 characters. Only their SHA-256 is stored, so a copy of the database opens nothing. */

export interface NewKey {
  /** Shown once, to its owner. */
  secret: string
  hash: string
  /** Its first characters, to tell keys apart. */
  hint: string
}

/** Makes a key; `hash` and `hint` belong into `api_key`. */
export function newKey(): NewKey {
  const secret = `sol_${randomBytes(32).toString('base64url')}`
  return { secret, hash: hashKey(secret), hint: secret.slice(0, 10) }
}

/** SHA-256 of a key. A slow hash adds nothing: a key is 256 random bits, not a password. */
export function hashKey(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
