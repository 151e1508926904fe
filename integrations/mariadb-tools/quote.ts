/** A name as SQL writes it. */
export const quoteName = (name: string) => `\`${name.replaceAll('`', '``')}\``

/** A text as SQL writes it; without a backslash it means the same in every sql_mode. */
export function quoteText(text: string): string {
  if (text.includes('\\')) throw new Error('A name with a backslash cannot be looked up')
  return `'${text.replaceAll("'", "''")}'`
}
