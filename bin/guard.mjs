// Preloaded first with `--import` by ecosystem.config.cjs. What ends a process before it has a logger is one line of JSON in
// its log, as everything else there is: a Node that cannot run the project, or a module that cannot be loaded.
import { nodeProblem } from './node-version.cjs'

function end(msg, error) {
  const at = error?.stack
    ?.split('\n')
    .slice(1, 9)
    .map((line) => line.trim())
  const err = error && { type: error.name, message: error.message, code: error.code, at }
  const line = {
    level: 'fatal',
    time: new Date().toISOString(),
    app: process.env.name,
    pid: process.pid,
    err,
    msg,
  }
  process.stderr.write(`${JSON.stringify(line)}\n`)
  process.exit(1)
}

const problem = nodeProblem()
if (problem) end(problem)
for (const event of ['uncaughtException', 'unhandledRejection']) {
  process.removeAllListeners(event)
  process.on(event, (error) => end('The process could not start', error))
}
