import { styleText } from 'node:util'
import type { Board } from './board.ts'
import { type Paint, render } from './display.ts'
import { isFinal } from './job-view.ts'
import { openScreen } from './screen.ts'

/** Shows how a run goes on. */
export interface Reporter {
  start(board: Board, title: string): void
  stop(): void
}

const drawMs = 80

/** Colours when the terminal has them and NO_COLOR is not set. */
export const paint: Paint = (style, text) => styleText(style, text, { stream: process.stdout })

/** A picture that changes in place on a terminal, a few lines elsewhere. */
export function createReporter(live: boolean): Reporter {
  return live ? liveReporter() : plainReporter()
}

function liveReporter(): Reporter {
  let finish = () => {}
  return {
    start(board, title) {
      const { stdout } = process
      const screen = openScreen(stdout)
      let frame = 0
      const draw = () => {
        // A terminal that does not know its size says 0.
        const size = { columns: stdout.columns || 80, rows: stdout.rows || 24 }
        screen.draw(render({ board, title, now: new Date(), frame: frame++ }, size, paint))
      }
      draw()
      const timer = setInterval(draw, drawMs)
      finish = () => {
        clearInterval(timer)
        draw()
        screen.close()
        finish = () => {}
      }
    },
    stop: () => finish(),
  }
}

/** Says when each quarter of the jobs is done. */
function plainReporter(): Reporter {
  let timer: NodeJS.Timeout | undefined
  let look = () => {}
  return {
    start(board, title) {
      console.log(title)
      const total = board.lines.length
      let told = 0
      look = () => {
        const done = board.lines.filter(({ job }) => job && isFinal(job)).length
        const quarters = Math.floor((done * 4) / total)
        if (quarters > told) console.log(`${done} of ${total} jobs have ended`)
        told = Math.max(told, quarters)
      }
      timer = setInterval(look, drawMs)
    },
    stop() {
      clearInterval(timer)
      look()
      look = () => {}
    },
  }
}
