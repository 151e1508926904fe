// npm run fix: formats the code, repairs what the linter can repair by itself, and completes the lockfile.
import { completeLock } from './fix/lock.ts'
import { runNode } from './system/terminal.ts'

for (const name of completeLock('package-lock.json')) console.log(`Added ${name} to package-lock.json.`)

const biome = 'node_modules/@biomejs/biome/bin/biome'
process.exitCode = await runNode([biome, 'check', '--write', ...process.argv.slice(2)])
