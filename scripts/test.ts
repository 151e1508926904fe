// npm test: the checks, then every test; the last line counts them. With file names it runs only those tests.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { stopServices } from './services/index.ts'
import { runNode } from './system/terminal.ts'

// Its own file: two runs at once must not count each other's tests.
const results = `.data/test/results-${process.pid}.json`

interface Counts {
  passed: number
  failed: number
  skipped: number
}

/** The part of vitest's JSON report that is read here. */
interface Report {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  numTodoTests: number
  testResults: { status: string; assertionResults: { status: string }[] }[]
}

const args = process.argv.slice(2)
const namesFile = args.some((arg) => !arg.startsWith('-'))
const checked = namesFile || (await runNode(['scripts/check.ts'])) === 0
const counts = await runTests(args)
// A failed check, or an error outside every test, is a failure too: the count must not read as success.
if (!checked) counts.failed += 1
process.exitCode = counts.failed > 0 ? 1 : 0
console.log(`\n${summary(counts)}`)

async function runTests(patterns: string[]): Promise<Counts> {
  mkdirSync('.data/test', { recursive: true })
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`]
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...patterns]
  // vitest stops its servers, but not when Ctrl+C ends it half-way.
  const code = await runNode(vitest, { afterwards: () => stopServices('.data/test') })
  const counts = countTests()
  rmSync(results, { force: true })
  return code === 0 || counts.failed > 0 ? counts : { ...counts, failed: 1 }
}

function countTests(): Counts {
  if (!existsSync(results)) return { passed: 0, failed: 1, skipped: 0 }
  const report: Report = JSON.parse(readFileSync(results, 'utf8'))
  const broken = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  )
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

function summary({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
