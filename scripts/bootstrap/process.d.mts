import type { SpawnOptions } from 'node:child_process'

export function envWithNode(node: string, env?: NodeJS.ProcessEnv): NodeJS.ProcessEnv
export function run(file: string, args: string[], options?: SpawnOptions): Promise<string>
export function lastLines(text: string, count?: number): string
