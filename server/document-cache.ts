/** Longer documents are parsed each time: a parsed one takes about a hundred times its text. */
const maxEntryBytes = 16_000

/** What was made of the documents used last, bounded by the length of their texts. */
export function createDocumentCache<T>(maxBytes: number) {
  const entries = new Map<string, T>()
  let bytes = 0

  function remove(text: string): void {
    if (entries.delete(text)) bytes -= text.length
  }

  return {
    get(text: string): T | undefined {
      const value = entries.get(text)
      if (value === undefined) return undefined
      entries.delete(text)
      entries.set(text, value)
      return value
    },
    set(text: string, value: T): void {
      if (text.length > maxEntryBytes) return
      remove(text)
      entries.set(text, value)
      bytes += text.length
      for (const oldest of entries.keys()) {
        if (bytes <= maxBytes) break
        remove(oldest)
      }
    },
    get bytes() {
      return bytes
    },
  }
}
