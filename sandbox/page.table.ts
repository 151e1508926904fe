type Tone = 'good' | 'warn' | 'bad'
/** A table of the page; cells are plain values and are escaped when written. */
export type Rows = { title: string; columns: string[]; rows: { cells: unknown[]; tone?: Tone }[] }

/** A table that can be folded away; nothing when it is empty. */
export function renderTable(vendor: string, { title, columns, rows }: Rows): string {
  if (rows.length === 0) return ''
  const head = columns.map((column) => `<th scope="col">${escapeHtml(column)}</th>`).join('')
  return `<details open id="${escapeHtml(`${vendor} ${title}`)}"><summary>${escapeHtml(title)}</summary>
<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${rows.map(renderRow).join('')}</tbody></table></div></details>`
}

function renderRow({ cells, tone }: Rows['rows'][number]): string {
  const written = cells.map((cell) => `<td>${escapeHtml(String(cell ?? ''))}</td>`).join('')
  return `<tr${tone ? ` class="${tone}"` : ''}>${written}</tr>`
}

/** How an HTTP status is coloured; none at all is as bad as a failure. */
export function toneOf(status: number | null): Tone {
  if (!status || status >= 500) return 'bad'
  return status >= 400 ? 'warn' : 'good'
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}
