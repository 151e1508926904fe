// PM2's view of the system: `pm2 start ecosystem.config.cjs`. One app per job that has a process of its own; the list
// follows from workers/registry.ts. PM2 itself must run on Node 22.20 or newer: cluster mode uses the daemon's Node.
const { pathToFileURL } = require('node:url')
const { nodeProblem } = require('./bin/node-version.cjs')

const problem = nodeProblem()
// PM2 would call the file malformated, and print a stack.
if (problem) refuse(problem)
const { stripAll } = require('./bin/stripped.mjs')
const { ConfigError, loadConfig } = require('./runtime/config.ts')
const { registry } = require('./workers/registry.ts')
const { appsOf } = require('./ledger/definition.ts')

function refuse(why) {
  process.stderr.write(`${why}\n`)
  process.exit(1)
}

function settings() {
  try {
    return loadConfig()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return refuse(error.message)
  }
}

const { SHUTDOWN_SECONDS, API_INSTANCES } = settings()
stripAll()

/** Idle memory matters more than peak speed on a 3.8 GB server; bench/memory.ts shows what each app takes. */
// With whole paths: after a reboot PM2's daemon, and so each process of a cluster, begins in another folder.
const preload = ['guard', 'stripped'].flatMap((name) => [
  '--import',
  `${pathToFileURL(__dirname)}/bin/${name}.mjs`,
])
const lean = [...preload, '--liftoff-only', '--max-semi-space-size=2', '--max-old-space-size=192']

/** What all apps have in common. PM2 kills a process only after it had its own time to stop, and some more. */
const common = {
  cwd: __dirname,
  interpreter: process.execPath,
  kill_timeout: (SHUTDOWN_SECONDS + 5) * 1_000,
  wait_ready: true,
  listen_timeout: 30_000,
  exp_backoff_restart_delay: 100,
  merge_logs: true,
  time: false,
  // glibc keeps a memory arena per thread; two are enough for one busy thread.
  env: { MALLOC_ARENA_MAX: '2' },
}

const workers = [...appsOf(registry)].map(([name, jobs]) => ({
  ...common,
  name,
  script: 'bin/worker.ts',
  exec_mode: 'fork',
  node_args: lean,
  max_memory_restart: '300M',
  env: { ...common.env, OVERRIDE_WORKER_JOBS: jobs.join(',') },
}))

module.exports = {
  apps: [
    {
      ...common,
      name: 'api',
      script: 'bin/api.ts',
      exec_mode: 'cluster',
      instances: API_INSTANCES,
      node_args: [...preload, '--liftoff-only', '--max-semi-space-size=4', '--max-old-space-size=256'],
      max_memory_restart: '400M',
    },
    {
      ...common,
      name: 'dispatcher',
      script: 'bin/dispatcher.ts',
      exec_mode: 'fork',
      node_args: lean,
      max_memory_restart: '300M',
    },
    ...workers,
    ...(process.env.SANDBOX === '1'
      ? [{ ...common, name: 'sandbox', script: 'bin/sandbox.ts', exec_mode: 'fork', node_args: preload }]
      : []),
  ],
}
