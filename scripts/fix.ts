// npm run fix: formats the code and repairs what the linter can repair by itself.
import { spawnSync } from 'node:child_process'

const biome = 'node_modules/@biomejs/biome/bin/biome'
const { status } = spawnSync(process.execPath, [biome, 'check', '--write', ...process.argv.slice(2)], {
  stdio: 'inherit',
})
process.exitCode = status ?? 1
