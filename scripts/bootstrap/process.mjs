import { spawn } from 'node:child_process'
import { delimiter, dirname } from 'node:path'

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']

/** The environment in which `node` means the given binary, for every program below. */
export function envWithNode(node, env = process.env) {
  return { ...env, PATH: `${dirname(node)}${delimiter}${env.PATH ?? ''}` }
}

/** Runs a program quietly. Resolves to its output; rejects with the last lines of it when it fails. */
export function run(file, args, options = {}) {
  return new Promise((resolve, reject) => {
    let output = ''
    const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
    const fail = (why) => reject(new Error(`${[file, ...args].join(' ')} ${why}\n${lastLines(output)}`))
    child.on('error', (error) => fail(`could not run: ${error.message}`))
    child.on('close', (code, signal) => (code === 0 ? resolve(output) : fail(`ended with ${signal ?? code}`)))
  })
}

/** The end of a long text, for error messages. */
export function lastLines(text, count = 20) {
  return text.trimEnd().split('\n').slice(-count).join('\n')
}

/** Runs a program in this one's place: same terminal, signals passed on, ends the way it ended. */
export function become(file, args, options) {
  const child = spawn(file, args, { ...options, stdio: 'inherit' })
  for (const signal of FORWARDED) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`${file} could not run: ${error.message}`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => endLike(code, signal))
}

function endLike(code, signal) {
  if (!signal) process.exit(code ?? 1)
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
}
