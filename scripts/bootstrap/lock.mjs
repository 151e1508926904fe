import { mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

// The holder touches its lock file every second; a file left untouched for ten belongs to a process that was killed.
const BEAT_MS = 1000
const STALE_MS = 10_000

const held = new Set()

/** Runs `work` while no other process runs work under the same lock file. Waits as long as the other one lives. */
export async function withLock(file, work) {
  mkdirSync(dirname(file), { recursive: true })
  while (!claim(file)) await sleep(100)
  const beat = setInterval(() => touch(file), BEAT_MS)
  hold(file)
  try {
    return await work()
  } finally {
    clearInterval(beat)
    letGo(file)
  }
}

function hold(file) {
  if (held.size === 0) process.on('exit', letAllGo).on('SIGINT', onSignal).on('SIGTERM', onSignal)
  held.add(file)
}

function letGo(file) {
  rmSync(file, { force: true })
  held.delete(file)
  if (held.size === 0) process.off('exit', letAllGo).off('SIGINT', onSignal).off('SIGTERM', onSignal)
}

function letAllGo() {
  for (const file of held) letGo(file)
}

/** Leaves the signal to others who listen to it; else it ends this process as usual, only without leaving locks. */
function onSignal(signal) {
  if (process.listenerCount(signal) > 1) return
  letAllGo()
  process.kill(process.pid, signal)
}

function claim(file) {
  if (create(file)) return true
  if (!isStale(file)) return false
  // Only one waiter may remove a stale lock, else the slower one removes the lock the faster one just took.
  const recovery = `${file}.recovery`
  if (isStale(recovery)) rmSync(recovery, { force: true })
  if (!create(recovery)) return false
  if (isStale(file)) rmSync(file, { force: true })
  const claimed = create(file)
  rmSync(recovery, { force: true })
  return claimed
}

function create(file) {
  try {
    writeFileSync(file, `${process.pid}\n`, { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

function isStale(file) {
  const touched = statSync(file, { throwIfNoEntry: false })?.mtimeMs
  return touched !== undefined && Date.now() - touched > STALE_MS
}

function touch(file) {
  const now = new Date()
  try {
    utimesSync(file, now, now)
  } catch {
    // Somebody removed .tools or .data while work goes on: nothing to keep alive any more.
  }
}
