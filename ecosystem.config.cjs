// PM2's view of the system: `pm2 start ecosystem.config.cjs`. One app per job that has a process of its own; the list
// follows from workers/registry.ts. PM2 itself must run on Node 22.20 or newer: cluster mode uses the daemon's Node.
const { registry } = require('./workers/registry.ts')
const { appsOf } = require('./ledger/definition.ts')

const shutdownSeconds = Number(process.env.SHUTDOWN_SECONDS || 20)

/** What all apps have in common. PM2 kills a process only after it had its own time to stop, and some more. */
const common = {
  cwd: __dirname,
  interpreter: process.execPath,
  kill_timeout: (shutdownSeconds + 5) * 1_000,
  wait_ready: true,
  listen_timeout: 30_000,
  exp_backoff_restart_delay: 100,
  merge_logs: true,
  time: false,
}

const workers = [...appsOf(registry)].map(([name, jobs]) => ({
  ...common,
  name,
  script: 'bin/worker.ts',
  exec_mode: 'fork',
  node_args: ['--max-old-space-size=192'],
  max_memory_restart: '300M',
  env: { WORKER_JOBS: jobs.join(',') },
}))

module.exports = {
  apps: [
    {
      ...common,
      name: 'api',
      script: 'bin/api.ts',
      exec_mode: 'cluster',
      instances: Number(process.env.API_INSTANCES || 2),
      node_args: ['--max-old-space-size=256'],
      max_memory_restart: '400M',
    },
    {
      ...common,
      name: 'dispatcher',
      script: 'bin/dispatcher.ts',
      exec_mode: 'fork',
      node_args: ['--max-old-space-size=192'],
      max_memory_restart: '300M',
    },
    ...workers,
    ...(process.env.SANDBOX === '1'
      ? [{ ...common, name: 'sandbox', script: 'bin/sandbox.ts', exec_mode: 'fork' }]
      : []),
  ],
}
