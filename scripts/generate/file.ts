/** A file this project generates and commits. */
export interface GeneratedFile {
  /** From the root of the project. */
  path: string
  content: string
}

/** Stands at the top of every generated document. */
export const notice = (source: string) =>
  `<!-- Generated from ${source} by \`npm run generate\`; do not edit. -->`

/** A table of Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** A pipe or a line break would end the cell. */
const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

/** Blocks of Markdown as one document. */
export const document = (...blocks: readonly string[]) => `${blocks.join('\n\n')}\n`

/** Text as code of Markdown. */
export const code = (text: unknown) => `\`${text}\``
