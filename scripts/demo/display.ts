import type { Board, Line } from './board.ts'
import { isFinal, type JobView } from './job-view.ts'
import { type Step, steps } from './operations.ts'
import { clip, pad, widthOf } from './text.ts'

type Style = 'dim' | 'bold' | 'green' | 'yellow' | 'red' | 'cyan'
export type Paint = (style: Style, text: string) => string

export interface Scene {
  board: Board
  /** What the first line begins with. */
  title: string
  now: Date
  /** Counts the pictures; the spinner turns with it. */
  frame: number
}

/** Terminal size, in characters. */
export interface Size {
  columns: number
  rows: number
}

const labels: Record<Step, string> = {
  mailchimp: 'Mailchimp',
  crm: 'CRM',
  'welcome-email': 'e-mail',
  'welcome-whatsapp': 'WhatsApp',
}
const spinner = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'
const margin = '  '

/** The lines of one picture: a line for each lead if they fit, else a bar for each step and a mark for each lead. */
export function render(scene: Scene, size: Size, paint: Paint): string[] {
  const { board, title } = scene
  const ended = board.lines.filter(isOver).length
  const seconds = ((board.endedAt ?? performance.now()) - (board.sentAt ?? performance.now())) / 1_000
  const head = [
    '',
    margin + paint('bold', title) + paint('dim', `   ${seconds.toFixed(1)} s`),
    margin + bar(ended, board.lines.length, size, paint),
    '',
  ]
  // The cursor needs a row below the picture.
  const room = size.rows - 1 - head.length - 1
  const body = board.lines.length + 1 <= room ? table(scene, size, paint) : overview(scene, size, room, paint)
  return [...head, ...body, ''].slice(0, size.rows - 1)
}

const isOver = ({ job, refusal }: Line) => refusal !== undefined || (job !== undefined && isFinal(job))

function bar(done: number, total: number, { columns }: Size, paint: Paint): string {
  const length = Math.max(10, Math.min(40, columns - 24))
  const full = Math.round((length * done) / total)
  return `${paint('green', '━'.repeat(full))}${paint('dim', '─'.repeat(length - full))}  ${done} of ${total}`
}

function table(scene: Scene, { columns }: Size, paint: Paint): string[] {
  const nameColumns = Math.max(8, Math.min(24, columns - 52))
  const titles = steps.map((step) => labels[step]).join('  ')
  const rest = columns - nameColumns - widthOf(titles) - 12
  const header = paint('dim', `${margin}  #  ${pad('lead', nameColumns)}  ${titles}`)
  const rows = scene.board.lines.map((line) => {
    const marks = steps.map((step) => centred(mark(line, step, scene, paint), widthOf(labels[step])))
    const number = paint('dim', String(line.number).padStart(3))
    const name = pad(line.name, nameColumns) + toColumn(nameColumns + 8)
    return `${margin}${number}  ${name}  ${marks.join('  ')}  ${status(line, scene, rest, paint)}`
  })
  return [header, ...rows]
}

/** Terminals differ in how wide some scripts are; what follows begins at a given column, counted from 1. */
const toColumn = (column: number) => `\x1b[${column}G`

/** Puts one character in the middle. */
function centred(character: string, columns: number): string {
  const left = Math.floor((columns - 1) / 2)
  return ' '.repeat(left) + character + ' '.repeat(columns - 1 - left)
}

function overview(scene: Scene, size: Size, room: number, paint: Paint): string[] {
  const { lines } = scene.board
  const bars = steps.map((step) => {
    const done = lines.filter(({ job }) => job?.steps[step]).length
    return (
      margin + pad(labels[step], 11) + bar(done, lines.length, { ...size, columns: size.columns - 11 }, paint)
    )
  })
  const marks = lines.map((line) => leadMark(line, scene, paint))
  const perRow = Math.max(1, size.columns - 2 * margin.length)
  const rows = Array.from({ length: Math.ceil(marks.length / perRow) }, (_, row) =>
    marks.slice(row * perRow, (row + 1) * perRow).join(''),
  )
  const all = [...bars, ...delays(scene, size, paint)]
  return all.length + 1 + rows.length <= room ? [...all, '', ...rows.map((row) => margin + row)] : all
}

/** How many jobs will be tried again, and why one of them. */
function delays({ board }: Scene, { columns }: Size, paint: Paint): string[] {
  const delayed = board.lines.flatMap(({ job }) => (job?.state === 'DELAYED' ? [job] : []))
  const why = delayed[0]?.error ? `: ${delayed[0].error}` : ''
  const text = clip(`${delayed.length} come again later${why}`, columns - 2 * margin.length)
  return [delayed.length > 0 ? margin + paint('yellow', text) : '']
}

function mark({ job }: Line, step: Step, { frame }: Scene, paint: Paint): string {
  const outcome = job?.steps[step]
  if (outcome === 'DONE' || outcome === 'ACCEPTED') return paint('green', '✓')
  if (outcome === 'SKIPPED') return paint('dim', '–')
  if (outcome === 'UNKNOWN' || outcome === 'CLAIMED') return paint('yellow', '?')
  if (outcome) return paint('red', '✗')
  return job?.state === 'ACTIVE' ? turning(frame, paint) : paint('dim', '·')
}

function leadMark({ job, refusal }: Line, { frame }: Scene, paint: Paint): string {
  if (refusal !== undefined || job?.state === 'DEAD' || job?.state === 'CANCELLED') return paint('red', '✗')
  if (job?.state === 'COMPLETED') return paint('green', '✓')
  if (job?.state === 'DELAYED') return paint('yellow', '◦')
  return job?.state === 'ACTIVE' ? turning(frame, paint) : paint('dim', '·')
}

const turning = (frame: number, paint: Paint) => paint('cyan', spinner[frame % spinner.length]!)

function status({ job, refusal }: Line, { now }: Scene, columns: number, paint: Paint): string {
  const [style, text] = refusal === undefined ? statusOf(job, now) : (['red', `refused: ${refusal}`] as const)
  return paint(style, clip(text, Math.max(0, columns)))
}

function statusOf(job: JobView | undefined, now: Date): readonly [Style, string] {
  if (!job) return ['dim', '']
  const attempt = job.attempt > 1 ? `try ${job.attempt}` : ''
  const why = job.error ? `: ${job.error}` : ''
  if (job.state === 'COMPLETED') return ['green', attempt ? `done at ${attempt}` : 'done']
  if (job.state === 'ACTIVE') return ['cyan', attempt || 'runs']
  if (job.state === 'DEAD') return ['red', `dead${why}`]
  if (job.state !== 'DELAYED') return ['dim', job.state === 'CANCELLED' ? 'cancelled' : 'waits']
  const seconds = Math.max(0, ((job.nextAt?.getTime() ?? 0) - now.getTime()) / 1_000)
  return ['yellow', `again in ${Math.ceil(seconds)} s${why}`]
}
