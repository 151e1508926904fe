import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { readTemplates, render, type TemplateError } from './templates.ts'

describe('filling in', () => {
  const fill = (template: string, vars: Record<string, string> = {}) =>
    render({ subject: template, html: template, text: template }, vars)

  test('values are escaped in HTML and left as they are in subject and text', () => {
    const filled = fill('Hi {{name}}', { name: '<b>"O\'Neill" & Söhne</b>' })
    const plain = 'Hi <b>"O\'Neill" & Söhne</b>'
    const html = 'Hi &lt;b&gt;&quot;O&#x27;Neill&quot; &amp; Söhne&lt;/b&gt;'
    expect(filled).toEqual({ subject: plain, text: plain, html })
  })

  test('a template without text has none', () => {
    expect(render({ subject: 's', html: 'h' }, {}).text).toBeUndefined()
  })

  test('what is not given is empty, and can be asked for', () => {
    const template = '{{#if company}}at {{company}}{{else}}alone{{/if}}{{missing}}'
    expect(fill(template).text).toBe('alone')
    expect(fill(template, { company: 'Solaria' }).text).toBe('at Solaria')
  })

  test('a subject is always one line', () => {
    const { subject } = fill('Hi {{name}}', { name: 'Jane\r\nBcc: everybody@example.com\n' })
    expect(subject).toBe('Hi Jane Bcc: everybody@example.com')
  })

  test('a value is never taken for a template', () => {
    expect(fill('{{name}}', { name: '{{secret}}', secret: 'x' }).text).toBe('{{secret}}')
  })

  test.each([
    '{{constructor}}',
    '{{__proto__}}',
    '{{toString}}',
    '{{name.constructor}}',
    '{{lookup name "constructor"}}',
    '{{#with name as |x|}}{{x.constructor.constructor}}{{/with}}',
    '{{#each @root.constructor}}x{{/each}}',
    '{{name.toString.call}}',
  ])('%s reaches nothing', (template) => {
    const spoken = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    expect(fill(template, { name: 'Jane' }).text).toBe('')
    expect(spoken).not.toHaveBeenCalled()
    spoken.mockRestore()
  })

  test.each(['{{log name}}', '{{> footer}}', '{{shout name}}', '{{#if}}', '{{name'])(
    '%s cannot be filled in',
    (template) => {
      expect(() => fill(template, { name: 'Jane' })).toThrow()
    },
  )
})

describe('a folder of templates', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'templates-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const write = (files: Record<string, string>) => {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  }
  const problems = (): string[] => {
    try {
      readTemplates(folder)
    } catch (error) {
      expect(String(error)).toContain(folder)
      return (error as TemplateError).problems
    }
    throw new Error('expected a failure')
  }

  test('each slug is its HTML, its subject and perhaps its text', () => {
    write({
      'welcome.html': '<p>Hi {{first_name}}</p>\n',
      'welcome.subject': 'Welcome, {{first_name}}\n',
      'welcome.txt': 'Hi {{first_name}}\n',
      'bye-bye_2.html': '<p>Bye</p>',
      'bye-bye_2.subject': 'Bye',
      'README.md': 'Not a template',
    })
    expect(Object.fromEntries(readTemplates(folder))).toEqual({
      welcome: {
        subject: 'Welcome, {{first_name}}',
        html: '<p>Hi {{first_name}}</p>\n',
        text: 'Hi {{first_name}}\n',
      },
      'bye-bye_2': { subject: 'Bye', html: '<p>Bye</p>', text: undefined },
    })
  })

  test('everything that is wrong is said at once', () => {
    write({
      'one.html': '<p>{{#if x}}</p>',
      'one.subject': 'two\nlines',
      'one.txt': '{{> footer}}',
      'two.html': '<p>Hi</p>',
      'three.subject': 'Three',
      'Four!.html': '<p>Hi</p>',
      'Four!.subject': '{{shout name}}',
    })
    expect(problems().sort()).toEqual([
      'Four!.html: a slug has small letters, digits, - and _ only',
      expect.stringMatching(/^Four!\.subject: .*shout/),
      expect.stringMatching(/^one\.html: Parse error/),
      'one.subject has more than one line',
      expect.stringMatching(/^one\.txt: .*footer/),
      'three.html is missing',
      'two.subject is missing or empty',
    ])
  })

  test('an empty folder and one that is not there are problems', () => {
    expect(problems()).toEqual(['there is no template: each is a file <slug>.html'])
    const gone = () => readTemplates(join(folder, 'nowhere'))
    expect(gone).toThrow(/cannot be read: ENOENT/)
  })
})
