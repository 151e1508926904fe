/** One field of a multipart form; a file has a type of its own. */
type Part = { name: string; type: string | undefined; data: Buffer }

/** The fields of a `multipart/form-data` body; undefined when it is none. */
export function partsOf(contentType: string | undefined, bytes: Buffer): Part[] | undefined {
  const boundary = /^multipart\/form-data;.*boundary="?([^";]+)"?/i.exec(contentType ?? '')?.[1]
  if (boundary === undefined) return undefined
  const sections = split(bytes, Buffer.from(`--${boundary}`)).slice(1, -1)
  return sections.flatMap((section) => partOf(section) ?? [])
}

function split(bytes: Buffer, mark: Buffer): Buffer[] {
  const sections: Buffer[] = []
  let from = 0
  for (let at = bytes.indexOf(mark); at !== -1; at = bytes.indexOf(mark, from)) {
    sections.push(bytes.subarray(from, at))
    from = at + mark.length
  }
  return [...sections, bytes.subarray(from)]
}

/** A section is a line break, headers, an empty line, data and a line break. */
function partOf(section: Buffer): Part | undefined {
  const end = section.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const head = section.subarray(0, end).toString()
  const name = /^content-disposition:.*[ ;]name="([^"]*)"/im.exec(head)?.[1]
  if (name === undefined) return undefined
  const type = /^content-type:\s*(\S+)/im.exec(head)?.[1]
  return { name, type, data: section.subarray(end + 4, section.length - 2) }
}
