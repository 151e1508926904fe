/** Errors that come again by themselves go first, so that no step is given up while another may still succeed. */
const precedence = ['TRANSIENT', 'UNKNOWN', 'THROTTLED', 'AUTH', 'PERMANENT']

/** Throws the error that decides what becomes of a job whose steps ran side by side, if any step failed. */
export function throwWorst(ends: readonly PromiseSettledResult<unknown>[]): void {
  const errors = ends
    .filter((end) => end.status === 'rejected')
    .map(({ reason }) => reason as { errorClass?: string })
  const rank = ({ errorClass = 'TRANSIENT' }: { errorClass?: string }) => precedence.indexOf(errorClass)
  const [worst] = errors.sort((a, b) => rank(a) - rank(b))
  if (worst) throw worst
}
