/** There is no room for what is about to begin. Somebody has to make some, so the job ends. */
export class LowDiskError extends Error {
  override readonly name = 'LowDiskError'
  readonly errorClass = 'PERMANENT'
  readonly code = 'LOW_DISK'
  /** @param where whose disk; sizes in bytes */
  constructor(where: string, needed: number, free: number) {
    super(`The disk of ${where} has ${inMb(free)} MB free; about ${inMb(needed)} MB are needed`)
  }
}

const inMb = (bytes: number) => Math.ceil(bytes / 1_000_000)
