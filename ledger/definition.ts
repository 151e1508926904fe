import type { Logger } from 'pino'
import type { z } from 'zod'
import type { Permission } from '../entities/api-key.ts'
import type { Em } from '../entities/index.ts'
import type { ErrorClass, JobPriority } from '../entities/job.ts'
import type { CatchUpPolicy, OverlapPolicy } from '../entities/schedule.ts'

/**
 * Terminology. A **job definition** is a file in workers/: what a kind of job takes, how it is retried and what it does.
 * A **job** is one piece of work of that kind: a row of the ledger. An **attempt** is one try to run it. A **run** is
 * the series of attempts until the job is final; a retry by an operator starts the next run.
 */
export interface JobDefinition<Input, Progress, Result, Services> {
  /** Name of the file, the queue and the PM2 app: `noun.verb`. It is stored, so it never changes. */
  name: string
  /** One sentence for the API's documentation and the console. */
  description: string
  /** Parsed when the job is enqueued and again when it runs. Ids and settings only: never personal data. */
  input: z.ZodType<Input>
  /** Version of the input's shape; raise it together with an upcaster. Default 1. */
  version?: number
  /** `upcasters[n]` turns an input of version n into one of version n + 1. */
  upcasters?: Record<number, (input: Record<string, unknown>) => Record<string, unknown>>
  /** Shape of what `progress()` reports; at most 1 KB as JSON. */
  progress?: z.ZodType<Progress>
  /** Tries in total, the first included. Default 5. */
  attempts?: number
  /** Wait before the next attempt. `delay` in ms; `jitter` 0–1 is the share of the wait that is random. */
  backoff?: { type: 'exponential' | 'fixed'; delay: number; jitter?: number; maxDelay?: number }
  /** Longest time one attempt may take, in ms. Default 60 000. */
  timeoutMs?: number
  /** Jobs one worker process runs at once. Default 10. */
  concurrency?: number
  /** How soon its jobs start among those of this name, unless the caller says otherwise. Default NORMAL. */
  priority?: JobPriority
  /** Runs `run` in a worker thread, for work that would block the event loop. */
  cpuHeavy?: boolean
  /** PM2 app that runs it; by default one of its own. Auxiliary jobs ride with the job they belong to. */
  app?: string
  /** INSTALLATION: it concerns all workspaces at once, so that only the default workspace has such jobs. Default WORKSPACE. */
  scope?: 'WORKSPACE' | 'INSTALLATION'
  /** The schedule it comes with. */
  schedule?: DefaultSchedule
  /** Without it the job cannot be started from outside. */
  mutation?: { permission: Permission }
  /** What the job is about, to find it by. */
  subject?: (input: Input) => { leadId?: string; campaignId?: string }
  run(input: Input, context: JobContext<Progress, Services>): Promise<Result>
  /**
   * What is to be done when a job is dead, for whatever reason: a permanent error, no attempt left, workers lost too often,
   * an end that Redis lost. The dispatcher does it once, soon after the death, in a transaction of its own that is repeated
   * until it succeeds; an operator who retries the job before spares it. Only SQL: there are no services.
   */
  onDead?(em: Em, job: DeadJob<Input>): Promise<void>
}

/** A job that is dead, and why. */
export interface DeadJob<Input> {
  id: string
  workspaceId: string
  correlationId: string
  input: Input
  errorClass: ErrorClass
  /** Holds no personal data. */
  errorMessage: string
  /** The code of its last attempt's error, where it had one. */
  errorCode: string | null
}

/** A schedule that is made for a job once; afterwards its row is the truth, whatever stands here. */
export interface DefaultSchedule {
  cron: string
  /** IANA time zone; by default the workspace's. */
  timeZone?: string
  overlap?: OverlapPolicy
  catchUp?: CatchUpPolicy
  input?: Record<string, unknown>
}

/** A definition whose types are not known: how the registry and the ledger see it. */
// biome-ignore lint/suspicious/noExplicitAny: the registry holds definitions of unlike inputs; only their own files know the types
export type AnyJobDefinition = JobDefinition<any, any, any, any>

/** What it takes to enqueue a job: its definition without what it does. */
export type JobSpec<Input> = Omit<JobDefinition<Input, never, never, never>, 'run' | 'progress'>

/** A definition or spec whose types are not known. */
// biome-ignore lint/suspicious/noExplicitAny: see AnyJobDefinition
export type AnyJobSpec = JobSpec<any>

/** Everything a running job works with. */
export interface JobContext<Progress, Services> {
  /** Its own entity manager; queries are stopped by `signal`. */
  em: Em
  /** Ends on timeout, cancellation and shutdown; hand it to every wait. */
  signal: AbortSignal
  log: Logger
  services: Services
  job: {
    id: string
    name: string
    workspaceId: string
    correlationId: string
    attempt: number
    attempts: number
    /** The job is dead if this attempt fails. Being postponed, as when a vendor asks to wait, uses no attempt. */
    isLastAttempt: boolean
    /** Its level; work at limits that are shared goes in the same order. */
    priority: JobPriority
  }
  /** Runs `work` in one SQL transaction, which a stop does not interrupt; it is repeated after a deadlock. */
  transaction<T>(work: (em: Em) => Promise<T>): Promise<T>
  /**
   * Enqueues a further job, by definition or by name, in a transaction of `transaction`, on behalf of this one. Its
   * priority is the one given, else its definition's, else that of this job.
   */
  enqueue<I, P, R>(
    em: Em,
    definition: JobDefinition<I, P, R, Services> | string,
    input: I,
    options?: { runAt?: Date; idempotencyKey?: string; priority?: JobPriority },
  ): Promise<void>
  /** Tells watchers how far the job is; the latest value wins. */
  progress(value: Progress): void
  /** A line for the people who watch this job, kept with it. Never personal data. */
  say(line: string): void
  /**
   * Does `work` once in the job's life: on later attempts the stored result comes back. Results are JSON. What `record`
   * writes is committed together with the fact that the step is done.
   */
  step<T>(name: string, work: () => Promise<T>, record?: (em: Em, result: T) => Promise<void>): Promise<T>
}

/** What a definition need not say. */
export const jobDefaults = {
  attempts: 5,
  priority: 'NORMAL',
  timeoutMs: 60_000,
  concurrency: 10,
  backoff: { type: 'exponential', delay: 1_000 },
} as const

/** Makes the `defineJob` of a given set of services. */
export function defineJobFor<Services>() {
  return <Input, Progress = never, Result = void>(
    definition: JobDefinition<Input, Progress, Result, Services>,
  ): JobDefinition<Input, Progress, Result, Services> => {
    if (!/^[a-z]+\.[a-z][a-z-]{0,40}$/.test(definition.name))
      throw new Error(`Job name "${definition.name}" must look like noun.verb`)
    return definition
  }
}

/** What it takes to start a job with input of one's own; one that cannot be started from outside is left to administrators. */
export function permissionToStart({
  mutation,
  scope,
}: Pick<AnyJobDefinition, 'mutation' | 'scope'>): Permission {
  return mutation?.permission ?? (scope === 'INSTALLATION' ? 'installation:admin' : 'workspace:admin')
}

/** Finds a definition by its job name. */
export function definitionOf(
  definitions: readonly AnyJobDefinition[],
  name: string,
): AnyJobDefinition | undefined {
  return definitions.find((definition) => definition.name === name)
}

/** The definition of a job that must be there. @throws when the installation does not have it, which is a fault of its set-up */
export function requireDefinition(definitions: readonly AnyJobDefinition[], name: string): AnyJobDefinition {
  const definition = definitionOf(definitions, name)
  if (!definition) throw new Error(`There is no job definition named ${name}`)
  return definition
}

/** Job names by the PM2 app that runs them. */
export function appsOf(definitions: readonly AnyJobDefinition[]): Map<string, string[]> {
  const groups = Map.groupBy(definitions, ({ app, name }) => app ?? name)
  return new Map([...groups].map(([app, group]) => [app, group.map(({ name }) => name)]))
}
