const comment = /\/\/[^\n]*|\/\*[\s\S]*?\*\//
/** A regular expression can hold quotes; it stands where a value can begin, which a division does not. */
const regex =
  /(?<=(?:^|[(,=:[!&|?{};>\n]|\breturn|\bcase)\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/
const text = /'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*"/
const token = new RegExp(`(${comment.source}|${regex.source})|(${text.source})|[\`{}]`, 'g')

/** What a template says up to its end, or up to its next code. */
const templateText = /((?:\\[\s\S]|\$(?!\{)|[^`\\$])*)(`|\$\{|$)/y

const spaces = (hidden: string) => hidden.replace(/[^\n]/g, ' ')

/**
 * A source with spaces in place of its comments, its regular expressions and the contents of its texts. Everything else
 * keeps its position, so that a simple pattern finds code and nothing but code.
 */
export function blank(source: string): string {
  return codeFrom(source, 0, false)
}

/** Code from a position on; inside a template, up to the brace that ends it. */
function codeFrom(source: string, start: number, inTemplate: boolean): string {
  let out = ''
  let depth = 0
  const at = () => start + out.length
  for (let match = tokenFrom(source, at()); match; match = tokenFrom(source, at())) {
    out += source.slice(at(), match.index) + blanked(match)
    if (match[0] === '`') out += templateFrom(source, at())
    if (match[0] === '{') depth++
    if (match[0] === '}' && depth-- === 0 && inTemplate) return out
  }
  return out + source.slice(at())
}

function templateFrom(source: string, start: number): string {
  let out = ''
  for (;;) {
    templateText.lastIndex = start + out.length
    const [, said = '', end = ''] = templateText.exec(source) ?? []
    out += spaces(said) + end
    if (end !== '${') return out
    out += codeFrom(source, start + out.length, true)
  }
}

function tokenFrom(source: string, position: number): RegExpExecArray | null {
  token.lastIndex = position
  return token.exec(source)
}

function blanked([whole, hidden, quoted]: RegExpExecArray): string {
  if (hidden) return spaces(hidden)
  return quoted ? quoted[0] + spaces(quoted.slice(1, -1)) + quoted[0] : whole
}
