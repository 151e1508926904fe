import { expect, test } from 'vitest'
import { openScreen } from './screen.ts'

function recorded() {
  const written: string[] = []
  const write = (text: string) => {
    written.push(text)
    return true
  }
  return { written, screen: openScreen({ write } as NodeJS.WriteStream) }
}

test('the next picture goes over the last one, and only changed lines are written', () => {
  const { written, screen } = recorded()
  screen.draw(['one', 'two'])
  screen.draw(['one', '2'])
  expect(written.at(-1)).toContain('\x1b[2A\r\n2\x1b[K\n\x1b[J')
  screen.close()
})

test('a picture that has not changed is not written again', () => {
  const { written, screen } = recorded()
  screen.draw(['one'])
  const before = written.length
  screen.draw(['one'])
  expect(written).toHaveLength(before)
  screen.close()
})

test('the cursor comes back at the end, once', () => {
  const { written, screen } = recorded()
  screen.close()
  screen.close()
  expect(written.filter((text) => text.includes('\x1b[?25h'))).toHaveLength(1)
})
