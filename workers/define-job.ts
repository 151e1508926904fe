import { defineJobFor } from '../ledger/definition.ts'
import type { Services } from '../runtime/services.ts'

/** Declares a job; see docs/adding-a-job.md. */
export const defineJob = defineJobFor<Services>()
