import { refuse } from './whatsapp.errors.ts'
import type { Component, TemplateOrder } from './whatsapp.shapes.ts'
import type { TemplateComponent } from './whatsapp.template-shapes.ts'
import { blanksIn, type Template } from './whatsapp.templates.ts'

type Parameter = NonNullable<Component['parameters']>[number]

const TEXT_MAX = 1024

/** Refuses parameters that do not fit the template: their number, their names, their form, their length. */
export function checkParameters(template: Template, { components = [] }: TemplateOrder): void {
  const part = (type: TemplateComponent['type']) => template.components.find((each) => each.type === type)
  checkHeader(part('HEADER'), parametersOf(components, 'header'))
  checkTexts('body', template, part('BODY')?.text ?? '', parametersOf(components, 'body'))
  checkButtons(
    part('BUTTONS')?.buttons ?? [],
    components.filter(({ type }) => type === 'button'),
  )
}

function parametersOf(components: Component[], type: Component['type']): Parameter[] {
  return components.filter((each) => each.type === type).flatMap((each) => each.parameters ?? [])
}

function checkHeader(header: TemplateComponent | undefined, given: Parameter[]): void {
  const format = header?.format?.toLowerCase() ?? 'text'
  const expected = format === 'text' ? blanksIn(header?.text ?? '').length : 1
  if (given.length > 0 && expected === 0) refuse(132012, 'header: the template has no such parameters')
  checkCount('header', given.length, expected)
  const wrong = given.find(({ type }) => type !== format)
  if (wrong) refuse(132012, `header: Format mismatch, expected ${format}, received ${wrong.type}`)
  const file = given[0]?.image ?? given[0]?.video ?? given[0]?.document
  if (format !== 'text' && (file?.id === undefined) === (file?.link === undefined)) {
    refuse(131008, `header: ${format} needs either an id or a link`)
  }
}

function checkTexts(place: string, template: Template, text: string, given: Parameter[]): void {
  const blanks = blanksIn(text)
  checkCount(place, given.length, blanks.length)
  given.forEach(checkText)
  if (template.parameter_format === 'NAMED') checkNames(blanks, given)
  const added = given.reduce((sum, parameter) => sum + (parameter.text ?? '').length, 0)
  if (text.length + added > TEXT_MAX) refuse(132005, `${place}: the filled-in text is too long`)
}

function checkCount(place: string, count: number, expected: number): void {
  if (count === expected) return
  refuse(
    132000,
    `${place}: number of localizable_params (${count}) does not match the expected number of params (${expected})`,
  )
}

function checkNames(blanks: string[], given: Parameter[]): void {
  const names = given.map(({ parameter_name = '' }) => parameter_name)
  const missing = blanks.find((blank) => !names.includes(blank))
  if (missing) refuse(131008, `Parameter name ${missing} is missing`)
}

function checkText(parameter: Parameter, index: number): void {
  const { type, text = '' } = parameter
  if (type === 'currency' || type === 'date_time') return
  if (type !== 'text') refuse(132012, `body: parameter ${index + 1} is expected to be of type text`)
  if (text === '') refuse(131008, 'Parameter of type text is missing text value')
  if (/[\n\t]| {5}/.test(text)) {
    refuse(132012, 'Param text cannot have new-line/tab characters or more than 4 consecutive spaces')
  }
}

/** A button with a placeholder needs its value, found by the button's position. */
function checkButtons(buttons: NonNullable<TemplateComponent['buttons']>, given: Component[]): void {
  for (const { index = '', sub_type } of given) {
    const button = buttons[Number(index)]
    if (!button || index === '') refuse(132012, `button: the template has no button at index ${index}`)
    if (button.type.toLowerCase() !== sub_type) {
      refuse(132012, `button: the button at index ${index} is of type ${button.type}`)
    }
  }
  buttons.forEach((button, index) => {
    const needs = button.type === 'COPY_CODE' || blanksIn(button.url ?? '').length > 0
    const has = given.some((each) => each.index === String(index) && (each.parameters ?? []).length === 1)
    if (needs && !has)
      refuse(131008, `buttons: Button at index ${index} of type ${button.type} requires a parameter`)
  })
}
