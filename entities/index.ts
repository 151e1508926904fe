import type { SqlEntityManager } from '@mikro-orm/sql'
import { ApiKey } from './api-key.ts'
import { Audit } from './audit.ts'
import { Campaign } from './campaign.ts'
import { Job } from './job.ts'
import { JobAttempt } from './job-attempt.ts'
import { JobLog } from './job-log.ts'
import { JobStep } from './job-step.ts'
import { Lead } from './lead.ts'
import { LeadEvent } from './lead-event.ts'
import { Message } from './message.ts'
import { StreamPosition } from './stream-position.ts'
import { Workspace } from './workspace.ts'

/** Every table, listed by hand: what is not here does not exist. */
export const entities = [
  Workspace,
  ApiKey,
  Campaign,
  Lead,
  LeadEvent,
  Message,
  Job,
  JobAttempt,
  JobStep,
  JobLog,
  Audit,
  StreamPosition,
]

/** The entity manager as all of our code sees it: one fork per request and per job. */
export type Em = SqlEntityManager
