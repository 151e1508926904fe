import { errorClasses } from '../../entities/job.ts'
import { errorCodes } from '../../schema/error-codes.ts'
import { errorClassHelp } from './error-classes.ts'
import { code, document, type GeneratedFile, notice, table } from './file.ts'

const intro = `# Errors

Two kinds of errors have a name. A request to the API fails with an **error code**; an attempt to run a job fails with an
**error class**, which decides what happens next.`

const codes = `## Codes of the API

A failure that a caller has to expect is a member of the result's union and carries its code in \`code\`; every other one
is in \`errors\` of the response, with the code in \`extensions.code\`.`

const classes = `## Classes of job errors

\`errorClass\` of a job tells how its last attempt failed, and \`errorClass\` of an attempt how that one did. One cause has
no class of its own: while MariaDB is away, jobs come again after 5 s without using an attempt, as \`TRANSIENT\`. The same
goes for a worker that is stopped: its jobs go on elsewhere at once.`

/** docs/reference/errors.md: what can go wrong, and what to do about it. */
export function errorsFile(): GeneratedFile {
  const content = document(
    notice('schema/error-codes.ts and scripts/generate/error-classes.ts'),
    intro,
    codes,
    table(['code', 'meaning', 'what to do'], Object.entries(errorCodes).map(codeRow)),
    classes,
    table(['class', 'meaning', 'uses an attempt', 'what happens next', 'what an operator does'], classRows()),
  )
  return { path: 'docs/reference/errors.md', content }
}

const codeRow = ([name, texts]: [string, readonly string[]]) => [code(name), ...texts]

function classRows(): string[][] {
  return errorClasses.map((name) => {
    const { meaning, usesAttempt, next, operator } = errorClassHelp[name]
    return [code(name), meaning, usesAttempt ? 'yes' : 'no', next, operator]
  })
}
