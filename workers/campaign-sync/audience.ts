import {
  type AudienceRun,
  forgetContacts,
  noteContacts,
  noteDifferences,
  withdrawConsents,
} from '../../marketing/campaigns/audience.ts'
import type { Run } from './run.ts'

/**
 * Compares the audience with our leads, page by page.
 *
 * Contacts are ordered by their last change, so one who changes moves to the end, and those behind it move up by one:
 * whoever reads from the front misses one at the next page. So pages are read from the end to the front, which misses
 * nobody but those who moved; they are read in a further pass, of what has changed since the pass began. Passes are
 * repeated until one fits into a single page.
 *
 * What is done is kept as the job's steps: after a crash it goes on at the page it was at.
 */
export async function compareAudience(run: Run): Promise<void> {
  const { context, sync } = run
  const audienceId = await context.step('audience', () => run.ownAudience())
  const audience = { workspaceId: context.job.workspaceId, audienceId, syncId: sync.id }
  await readContacts(run, audience)
  await context.step('audience-differences', async () => {
    while (await context.transaction((em) => forgetContacts(em, audience))) run.call.signal.throwIfAborted()
    await context.transaction((em) => noteDifferences(em, audience))
  })
  await withdraw(run, audience)
}

/** As many as Mailchimp gives at once. */
const pageSize = 1_000
/** Clocks differ: a further pass begins a little before the one before it did. */
const skewMs = 60_000
/** An audience that changes by more than a page within each pass is compared again by the next run anyway. */
const maxPasses = 5

async function readContacts(run: Run, audience: AudienceRun): Promise<void> {
  let since: Date | undefined
  for (let pass = 0; pass < maxPasses; pass++) {
    const begun = await run.context.step(`audience-pass-${pass}`, () => beginPass(run, audience, since))
    for (let page = begun.pages - 1; page >= 0; page--)
      await run.context.step(`audience-${pass}-${page}`, () =>
        readPage(run, audience, { pass, page, pages: begun.pages, since }),
      )
    if (pass > 0 && begun.pages <= 1) return
    since = new Date(begun.at - skewMs)
  }
}

async function beginPass({ mailchimp, call }: Run, { audienceId }: AudienceRun, since: Date | undefined) {
  const at = Date.now()
  const { total } = await mailchimp.memberPage(
    { audienceId, offset: 0, count: 1, ...(since && { since }) },
    call,
  )
  return { at, pages: Math.ceil(total / pageSize) }
}

interface PageOf {
  pass: number
  page: number
  pages: number
  since: Date | undefined
}

/** Reads one page and lets go of it before the next one. Archived contacts are not in the audience any more. */
async function readPage(
  run: Run,
  audience: AudienceRun,
  { pass, page, pages, since }: PageOf,
): Promise<number> {
  const { mailchimp, call, context } = run
  call.signal.throwIfAborted()
  const range = { audienceId: audience.audienceId, offset: page * pageSize, count: pageSize }
  const { members } = await mailchimp.memberPage({ ...range, ...(since && { since }) }, call)
  const present = members.filter(({ status }) => status !== 'archived')
  await context.transaction((em) => noteContacts(em, audience, present))
  if (pass === 0) context.progress({ done: pages - page, total: pages, phase: 'AUDIENCE' })
  return members.length
}

/** Who left at Mailchimp is not written to from here either. */
async function withdraw({ context, call, cause }: Run, audience: AudienceRun): Promise<void> {
  let denied = 0
  for (let after = ''; ; ) {
    call.signal.throwIfAborted()
    const from = after
    const chunk = await context.transaction((em) => withdrawConsents(em, audience, from, cause.correlationId))
    if (!chunk) break
    after = chunk.last
    denied += chunk.denied
    context.progress({ done: denied, total: denied, phase: 'CONSENT' })
  }
  if (denied > 0) context.say(`${denied} leads who left at Mailchimp get no more e-mail from here`)
}
