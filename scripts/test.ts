// npm test: the checks, then every test; the last line counts them. With file names it runs only those tests.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'

const results = '.data/test/results.json'
const check = 'scripts/check.ts'

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
const checked = namesFile || !existsSync(check) || runNode([check])
const counts = runTests(args)
// A failed check, or an error outside every test, is a failure too: the count must not read as success.
if (!checked) counts.failed += 1
process.exitCode = counts.failed > 0 ? 1 : 0
console.log(`\n${summary(counts)}`)

function runTests(patterns: string[]): Counts {
  mkdirSync('.data/test', { recursive: true })
  rmSync(results, { force: true })
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`]
  const succeeded = runNode(['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...patterns])
  const counts = countTests()
  return succeeded || counts.failed > 0 ? counts : { ...counts, failed: 1 }
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

function runNode(nodeArgs: string[]): boolean {
  return spawnSync(process.execPath, nodeArgs, { stdio: 'inherit' }).status === 0
}

function summary({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
