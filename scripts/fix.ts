// npm run fix: formats the code, repairs what the linter can repair by itself, and completes the lockfile.
import { spawnSync } from 'node:child_process'
import { completeLock } from './fix/lock.ts'

for (const name of completeLock('package-lock.json')) console.log(`Added ${name} to package-lock.json.`)

const biome = 'node_modules/@biomejs/biome/bin/biome'
const args = [biome, 'check', '--write', ...process.argv.slice(2)]
process.exitCode = spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1
