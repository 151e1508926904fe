/** The key in an `Authorization` header or connection parameter: `Bearer <key>` or the key itself. */
export function secretIn(authorization: unknown): string | undefined {
  if (typeof authorization !== 'string') return undefined
  return /^(?:Bearer +)?(\S{8,200})$/i.exec(authorization.trim())?.[1]
}
