// npm run pm2 -- <args>: PM2 as this project runs it, for example `npm run pm2 -- logs api`.
import { pm2InTerminal } from './system/pm2.ts'

process.exitCode = await pm2InTerminal(process.argv.slice(2))
