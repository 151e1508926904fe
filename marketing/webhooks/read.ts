import { z } from 'zod'

/** Shapes that vendors' webhooks are read with. Whatever is not of the documented form counts as absent. */

/** A text, if it is one and not empty. */
export const text = z.string().min(1).optional().catch(undefined)

/** An id of the vendor, as our columns take it. */
export const vendorId = z
  .union([z.string(), z.number()])
  .transform(String)
  .pipe(z.string().regex(/^[\x21-\x7e]{1,191}$/))
  .optional()
  .catch(undefined)

const inRange = (ms: number) => ms > 0 && ms < Date.UTC(2100, 0)

/** Seconds since 1970 as a number or its digits. */
export const seconds = z.coerce
  .number()
  .transform((value) => value * 1_000)
  .refine(inRange)
  .transform((ms) => new Date(ms))
  .optional()
  .catch(undefined)

/** Milliseconds since 1970 or an ISO time. */
export const moment = z
  .union([z.number(), z.string()])
  .transform((value) => new Date(value).getTime())
  .refine(inRange)
  .transform((ms) => new Date(ms))
  .optional()
  .catch(undefined)

/** An object of such fields; one that is missing or none is read as empty. */
export function fields<T extends z.ZodRawShape>(shape: T) {
  return z.preprocess((value) => (value !== null && typeof value === 'object' ? value : {}), z.object(shape))
}

/** A WhatsApp id: the digits of a phone number. */
export const waId = z
  .string()
  .regex(/^\d{5,19}$/)
  .optional()
  .catch(undefined)
