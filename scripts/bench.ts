// npm run bench [-- NAME …]: measures side by side with a peer, one bench after the other. JSON lines on stdout,
// remarks on stderr. Peers are installed in bench/ when they are missing.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runNpm } from './bootstrap/npm.mjs'
import { startServices } from './services/index.ts'
import { root } from './system/paths.ts'

const dir = join(root, 'bench')
const dataDir = join(root, '.data', 'bench')

function benches(): string[] {
  return readdirSync(dir).flatMap((file) => (file.endsWith('.ts') ? [file.slice(0, -3)] : []))
}

function chosen(names: string[]): string[] {
  const all = benches()
  const unknown = names.filter((name) => !all.includes(name))
  if (unknown.length > 0)
    throw new Error(`There is no bench ${unknown.join(', ')}. There are: ${all.join(', ')}`)
  return names.length > 0 ? names : all
}

/** The peers of bench/package.json; the project itself does not depend on them. */
async function ensurePeers(): Promise<void> {
  const { dependencies } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'))
  const installed = (name: string) => {
    const file = join(dir, 'node_modules', name, 'package.json')
    return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).version === dependencies[name]
  }
  if (Object.keys(dependencies).every(installed)) return
  console.error('Installing the peers (npm ci in bench/) …')
  await runNpm(process.execPath, ['ci', '--loglevel=error'], { cwd: dir })
}

/** Runs a bench in a process of its own: it makes the load, and shares nothing with what is measured. */
function runBench(name: string, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<boolean> {
  console.error(`\n${name}`)
  const child = spawn(process.execPath, [join(dir, `${name}.ts`)], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: 'inherit',
    signal,
    killSignal: 'SIGTERM',
  })
  return new Promise((resolve) => {
    child.once('error', () => resolve(false))
    child.once('exit', (code) => resolve(code === 0))
  })
}

async function main(names: string[]): Promise<void> {
  const wanted = chosen(names)
  await ensurePeers()
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())
  mkdirSync(dataDir, { recursive: true })
  const services = await startServices({ dataDir })
  try {
    const env = {
      BENCH_DATABASE_URL: services.databaseUrl,
      BENCH_REDIS_URL: services.redisUrl,
      BENCH_PIDS: JSON.stringify(services.pids),
    }
    for (const name of wanted) {
      if (stopping.signal.aborted) break
      if (!(await runBench(name, env, stopping.signal))) process.exitCode = 1
    }
  } finally {
    await services.stop()
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message)
  process.exitCode = 1
})
