// npm run reload: takes changed settings and a new version of the code, app by app. It fails, with the app and the end of its
// log, at the first one that does not come up; the API is last, and goes on as it is until a trial of it has been ready.
import { ConfigError, loadConfig } from '../runtime/config.ts'
import { checkApiPort, checkServices } from './reload/checks.ts'
import { listOurs, pm2, type RunningApp, wantedApps } from './reload/pm2.ts'
import { reloadApp, scaleApi } from './reload/reload-app.ts'
import { tryApi } from './reload/trial.ts'

async function main(): Promise<void> {
  const config = loadConfig()
  await checkServices(config)
  const running = await listOurs()
  if (running.length === 0)
    throw new Error('PM2 runs no app of this project. Run: pm2 start ecosystem.config.cjs')
  await checkApiPort(config, running)
  const apps = wantedApps()
  await tryApi(apps.find(({ name }) => name === 'api')!)
  const order = [...apps].sort((a, b) => Number(a.name === 'api') - Number(b.name === 'api'))
  for (const [index, app] of order.entries()) {
    const untouched = order.slice(index + 1).map(({ name }) => name)
    await reloadApp(app, config).catch((error: Error) => {
      throw new Error(
        untouched.length > 0 ? `${error.message}\nNot touched: ${untouched.join(', ')}.` : error.message,
      )
    })
    console.log(`${app.name} is up.`)
  }
  await scaleApi(config)
  await removeOthers(running, new Set(apps.map(({ name }) => name)))
  await pm2(['save', '--force'])
  console.log('Reloaded, and saved for a reboot.')
}

/** Apps that an earlier version had. */
async function removeOthers(running: readonly RunningApp[], wanted: ReadonlySet<string>): Promise<void> {
  for (const name of new Set(running.map((app) => app.name))) {
    if (wanted.has(name)) continue
    await pm2(['delete', name])
    console.log(`${name} is no longer an app; PM2 has forgotten it.`)
  }
}

main().catch((error) => {
  const what = error instanceof ConfigError ? 'Nothing was reloaded. ' : ''
  console.error(`${what}${error.message}`)
  process.exitCode = 1
})
