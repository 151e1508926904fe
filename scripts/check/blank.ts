/** A regular expression can hold quotes; it stands where a value can begin, which a division does not. */
const regex =
  /(?<=(?:^|[(,=:[!&|?{};>\n]|\breturn|\bcase)\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/
const comment = /\/\/[^\n]*|\/\*[^]*?\*\//
const quoted = /'(?:\\[^]|[^'\\\n])*'|"(?:\\[^]|[^"\\\n])*"/
const token = new RegExp(`(${comment.source}|${regex.source})|(${quoted.source})|[\`{}]`, 'g')
/** The text of a template, up to its end or to the next `${`. */
const templateText = /(?:\\[^]|\$(?!\{)|[^`\\$])*(`|\$\{|$)/y

const spaces = (text: string) => text.replace(/[^\n]/g, ' ')

/**
 * A source with spaces in place of its comments, its regular expressions and the contents of its texts. Everything else
 * keeps its position, so that a simple pattern finds code and nothing but code.
 */
export function blank(source: string): string {
  /** For each template we are in: how many braces are open since its `${`. */
  const templates: number[] = []
  let out = ''
  const take = (end: number) => {
    out += source.slice(out.length, end)
  }
  const skip = (end: number) => {
    out += spaces(source.slice(out.length, end))
  }
  const skipTemplate = () => {
    templateText.lastIndex = out.length
    const ends = templateText.exec(source)?.[1] ?? ''
    skip(templateText.lastIndex - ends.length)
    take(out.length + ends.length)
    if (ends === '${') templates.push(0)
  }
  const brace = (step: number) => {
    const depth = templates.pop()
    if (depth === undefined) return
    if (depth + step < 0) skipTemplate()
    else templates.push(depth + step)
  }
  for (let match = nextToken(source, 0); match; match = nextToken(source, out.length)) {
    const [text, hidden, literal] = match
    take(match.index)
    if (hidden) skip(out.length + text.length)
    else if (literal) out += literal[0] + spaces(literal.slice(1, -1)) + literal[0]
    else {
      take(out.length + 1)
      if (text === '`') skipTemplate()
      else brace(text === '{' ? 1 : -1)
    }
  }
  take(source.length)
  return out
}

function nextToken(source: string, from: number): RegExpExecArray | null {
  token.lastIndex = from
  return token.exec(source)
}
