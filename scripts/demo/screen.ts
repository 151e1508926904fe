import type { WriteStream } from 'node:tty'

/** A part of the terminal that is drawn again and again in place. */
export interface Screen {
  draw(lines: readonly string[]): void
  /** Leaves the last picture where it is and gives the terminal back. */
  close(): void
}

type Output = Pick<WriteStream, 'write'>

const hide = '\x1b[?25l\x1b[?7l'
const show = '\x1b[?7h\x1b[?25h'
/** Terminals that know it show a picture when it is whole; the others pass over it. */
const [begin, end] = ['\x1b[?2026h', '\x1b[?2026l']

/** Hides the cursor and stops line wrapping, as a wrapped line would shift the picture. */
export function openScreen(output: Output): Screen {
  let shown: readonly string[] = []
  let isOpen = true
  const close = () => {
    if (isOpen) output.write(show)
    isOpen = false
    process.off('exit', close)
  }
  process.on('exit', close)
  output.write(hide)
  return {
    draw(lines) {
      if (lines.join('\n') === shown.join('\n')) return
      const up = shown.length > 0 ? `\x1b[${shown.length}A` : ''
      const changed = lines.map((line, index) => (line === shown[index] ? '\n' : `${line}\x1b[K\n`))
      output.write(`${begin}${up}\r${changed.join('')}\x1b[J${end}`)
      shown = lines
    },
    close,
  }
}
