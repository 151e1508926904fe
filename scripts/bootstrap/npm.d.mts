import type { SpawnOptions } from 'node:child_process'

export function runNpm(node: string, args: string[], options?: SpawnOptions): Promise<string>
