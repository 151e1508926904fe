import { p } from '@mikro-orm/core'

/** Columns that look the same in every table. */

/** A TypeID; binary collation, so that comparison and order are by byte. */
export const id = () => p.string().length(40).collation('ascii_bin')

/** A point in time in UTC with milliseconds: `datetime(3)`. */
export const time = () => p.datetime(3)

/** A short text that is compared byte by byte (keys, codes, names of jobs). */
export const code = (length: number) => p.string().length(length).collation('ascii_bin')
