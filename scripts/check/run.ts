/** One thing `npm run check` looks at. */
export interface Check {
  name: string
  /** What is wrong, ready to print; nothing when all is well. */
  run(): Promise<string[]>
}

interface Outcome {
  problems: string[]
  seconds: string
}

/**
 * Runs checks two at a time, as several of them want a core for themselves, and prints them in the given order.
 * @returns whether every check found nothing
 */
export async function runChecks(checks: readonly Check[]): Promise<boolean> {
  const outcomes = checks.map(() => Promise.withResolvers<Outcome>())
  let next = 0
  const lane = async () => {
    for (let index = next++; index < checks.length; index = next++)
      outcomes[index]!.resolve(await outcomeOf(checks[index]!))
  }
  const lanes = [lane(), lane()]
  let ok = true
  for (const [index, { promise }] of outcomes.entries()) ok = report(checks[index]!, await promise) && ok
  await Promise.all(lanes)
  return ok
}

async function outcomeOf(check: Check): Promise<Outcome> {
  const start = performance.now()
  const problems = await check.run().catch((error: Error) => [error.stack ?? String(error)])
  return { problems, seconds: ((performance.now() - start) / 1_000).toFixed(1) }
}

function report({ name }: Check, { problems, seconds }: Outcome): boolean {
  const ok = problems.length === 0
  console.log(`${name.padEnd(16)} ${ok ? 'ok    ' : 'FAILED'} ${seconds.padStart(5)} s`)
  for (const problem of problems) console.log(problem.replace(/^/gm, '    '))
  return ok
}
