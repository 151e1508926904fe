import type { Logger } from 'pino'
import type { Em } from '../entities/index.ts'
import { scopeTo } from '../entities/scope.ts'
import { marks } from '../entities/sql.ts'
import type { Attempt, AttemptOutcome, RunAttempt } from '../queue/worker.ts'
import { classify, stopReasons } from './classify.ts'
import { coalesce } from './coalesce.ts'
import {
  type AnyJobDefinition,
  definitionOf,
  type JobContext,
  jobDefaults,
  requireDefinition,
} from './definition.ts'
import { upcastInput } from './input.ts'
import type { Ledger } from './ledger.ts'
import { levelOf } from './priority.ts'
import { isDatabaseAway } from './sql.ts'
import { createSteps } from './steps.ts'
import { createTelling, type Telling } from './telling.ts'

export interface RunnerSettings<Services> {
  ledger: Ledger
  fork: (signal?: AbortSignal) => Em
  services: Services
  log: Logger
}

/** A run that does not heed its signal is left behind after so long. */
const stubbornMs = 16_000
/** Larger results belong into a table, with their id as the result. */
const maxResultBytes = 4_096

/**
 * Runs one attempt of any job.
 * 1. Ask the ledger whether the job is still to run: it may have been cancelled, or run already.
 * 2. Bring the input to the definition's version and check it.
 * 3. Run it with everything it needs, under a signal that ends on timeout, cancellation and shutdown.
 * 4. Say how it went. Nothing is thrown: BullMQ learns the outcome from queue/worker.ts.
 */
export function createRunner<Services>(settings: RunnerSettings<Services>): RunAttempt {
  const ask = createGate(settings.fork)
  return async (attempt, signal) => {
    const log = settings.log.child({
      job: attempt.jobId,
      name: attempt.name,
      attempt: attempt.attempt,
      correlationId: attempt.data.correlationId,
    })
    const definition = definitionOf(settings.ledger.definitions, attempt.name)
    if (!definition) return permanent(`This worker does not know the job ${attempt.name}`)
    try {
      const refusal = await refusalOf(ask, attempt)
      return refusal ?? logged(log, attempt, await run(settings, definition, attempt, signal, log))
    } catch (error) {
      return logged(log, attempt, classify(error, definition, attempt))
    }
  }
}

interface Standing {
  id: string
  state: string
  run: number
  cancel_requested_at: string | null
}

/** What the ledger says of jobs about to run; concurrent questions share a query. */
function createGate(fork: () => Em): (jobId: string) => Promise<Standing | undefined> {
  return coalesce(
    async (ids: string[]) => {
      const rows = await fork().execute<Standing[]>(
        `select id, state, run, cancel_requested_at from job where id in ${marks(ids)}`,
        ids,
      )
      const byId = new Map(rows.map((row) => [row.id, row]))
      return ids.map((id) => byId.get(id))
    },
    { maxBatch: 200, concernsAll: isDatabaseAway },
  )
}

async function refusalOf(
  ask: ReturnType<typeof createGate>,
  attempt: Attempt,
): Promise<AttemptOutcome | undefined> {
  const standing = await ask(attempt.jobId)
  if (!standing) return permanent('The ledger has no such job any more')
  if (standing.run !== attempt.run) return permanent('A later run has taken its place')
  if (standing.state === 'CANCELLED' || standing.cancel_requested_at)
    return { kind: 'cancelled', reason: 'before it ran' }
  return undefined
}

function permanent(message: string): AttemptOutcome {
  return { kind: 'failed', error: { errorClass: 'PERMANENT', message }, final: true, delayMs: 0 }
}

async function run<S>(
  settings: RunnerSettings<S>,
  definition: AnyJobDefinition,
  attempt: Attempt,
  stop: AbortSignal,
  log: Logger,
): Promise<AttemptOutcome> {
  const input = upcastInput(definition, attempt.data.input, attempt.data.version)
  const timeout = AbortSignal.timeout(definition.timeoutMs ?? jobDefaults.timeoutMs)
  const signal = AbortSignal.any([stop, timeout])
  const telling = createTelling(attempt, log)
  try {
    const context = contextOf(confined(settings, definition, attempt), attempt, signal, log, telling)
    const result = (await Promise.race([definition.run(input, context), leftBehind(signal)])) as unknown
    await telling.flush()
    return completed(result)
  } catch (error) {
    await telling.flush()
    return stopped(stop, timeout, definition, attempt) ?? classify(error, definition, attempt)
  }
}

/** What a job reads and writes by entities is of its workspace, unless it is for the whole installation. */
function confined<S>(
  settings: RunnerSettings<S>,
  { scope }: AnyJobDefinition,
  { data: { workspaceId } }: Attempt,
): RunnerSettings<S> {
  if (scope === 'INSTALLATION') return settings
  const { fork, ledger } = settings
  return {
    ...settings,
    fork: (signal) => scopeTo(fork(signal), workspaceId),
    ledger: {
      ...ledger,
      transaction: (work) => ledger.transaction((em) => work(scopeTo(em, workspaceId))),
    },
  }
}

function contextOf<S>(
  settings: RunnerSettings<S>,
  attempt: Attempt,
  signal: AbortSignal,
  log: Logger,
  telling: Telling,
): JobContext<unknown, S> {
  const { ledger } = settings
  const actor = { workspaceId: attempt.data.workspaceId, correlationId: attempt.data.correlationId }
  let em: Em | undefined
  return {
    get em() {
      em ??= settings.fork(signal)
      return em
    },
    signal,
    log,
    services: settings.services,
    job: {
      id: attempt.jobId,
      name: attempt.name,
      workspaceId: attempt.data.workspaceId,
      correlationId: attempt.data.correlationId,
      attempt: attempt.attempt,
      attempts: attempt.attempts,
      isLastAttempt: attempt.isLast,
      priority: levelOf(attempt.priority),
    },
    transaction: ledger.transaction,
    enqueue: async (em, wanted, input, options) => {
      const definition = typeof wanted === 'string' ? requireDefinition(ledger.definitions, wanted) : wanted
      const priority = definition.priority ?? levelOf(attempt.priority)
      const [outcome] = await ledger.enqueueIn(em, [{ definition, input, actor, priority, ...options }])
      if (outcome instanceof Error) throw outcome
    },
    progress: telling.progress,
    say: telling.say,
    step: createSteps(settings.fork, attempt.jobId),
  }
}

function leftBehind(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => setTimeout(() => reject(signal.reason), stubbornMs).unref(), {
      once: true,
    })
  })
}

function completed(result: unknown): AttemptOutcome {
  const bytes = Buffer.byteLength(JSON.stringify(result ?? null))
  if (bytes > maxResultBytes)
    return permanent(`The result takes ${bytes} bytes; at most ${maxResultBytes} are allowed`)
  return { kind: 'completed', result: result ?? null }
}

/** Why a run that threw was ended from outside, if it was. */
function stopped(
  stop: AbortSignal,
  timeout: AbortSignal,
  definition: AnyJobDefinition,
  attempt: Attempt,
): AttemptOutcome | undefined {
  if (stop.reason === stopReasons.cancelled) return { kind: 'cancelled', reason: 'while it ran' }
  if (stop.aborted)
    return {
      kind: 'postponed',
      error: { errorClass: 'TRANSIENT', message: `The worker stopped (${stop.reason})` },
      delayMs: 0,
    }
  if (!timeout.aborted) return undefined
  const seconds = (definition.timeoutMs ?? jobDefaults.timeoutMs) / 1_000
  return classify(
    Object.assign(new Error(`Took longer than ${seconds} s`), { errorClass: 'TIMEOUT' }),
    definition,
    attempt,
  )
}

/** Only the last attempt is an error; earlier ones are expected. */
function logged(log: Logger, attempt: Attempt, outcome: AttemptOutcome): AttemptOutcome {
  if (outcome.kind === 'failed') {
    log[outcome.final ? 'error' : 'warn'](
      outcome.error,
      `Attempt ${attempt.attempt} of ${attempt.attempts} failed${outcome.final ? '; the job is dead' : ''}`,
    )
  } else if (outcome.kind === 'postponed')
    log.info({ ...outcome.error, delayMs: outcome.delayMs }, 'The job comes again later')
  else log.debug({ outcome: outcome.kind }, 'The attempt ended')
  return outcome
}
