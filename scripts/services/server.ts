import type { Wanted } from './programs.ts'

/** Where one instance lives: its own folder and its port on 127.0.0.1. */
export interface Place {
  dir: string
  port: number
}

/** What it takes to run a kind of server. */
export interface Server {
  /** Name of its folder, and what messages call it. */
  name: string
  program: Wanted
  /** Makes the data folder ready; called before every start, so it must be cheap the second time. */
  prepare(place: Place): Promise<void>
  args(place: Place): string[]
  /** Rejects while this very process does not serve requests; another server may have taken the port first. */
  ping(place: Place, pid: number): Promise<void>
  url(place: Place): string
  /** How long a start may take, recovery of its data included. */
  startLimitMs: number
}
