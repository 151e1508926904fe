import { refuse } from './hubspot.errors.ts'
import { type CrmRecord, described, type Records } from './hubspot.records.ts'
import type { Filter, SearchOrder } from './hubspot.shapes.ts'

const FILTERS_MAX = 18
const LIMIT_MAX = 200
const RESULTS_MAX = 10_000

/** Filters within a group must all fit, one group is enough; pages by `after`. */
export function search({ kind, properties: known }: Records, indexed: CrmRecord[], order: SearchOrder) {
  const { filterGroups = [], limit = 10, after = '0', properties = null, query = '' } = order
  filterGroups.flatMap((group) => group.filters).forEach(checkFilter)
  if (filterGroups.flatMap((group) => group.filters).length > FILTERS_MAX || limit > LIMIT_MAX) {
    refuse(400, 'VALIDATION_ERROR', `a search has at most ${FILTERS_MAX} filters and a limit of ${LIMIT_MAX}`)
  }
  const start = Number(after)
  if (start + limit > RESULTS_MAX)
    refuse(400, 'VALIDATION_ERROR', `paging beyond ${RESULTS_MAX} is not possible`)
  const groups = filterGroups.map((group) => group.filters)
  const names = groups.flat().map(({ propertyName }) => propertyName)
  const unknown = names.find((name) => !known.get(name))
  if (unknown) refuse(400, 'VALIDATION_ERROR', `Property "${unknown}" does not exist`)
  const found = indexed.filter((record) => mentions(record, query) && fitsOne(record, groups))
  const results = sorted(found, order).slice(start, start + limit)
  const more = start + limit < found.length ? { paging: { next: { after: String(start + limit) } } } : {}
  return {
    total: found.length,
    results: results.map((record) => described(kind, record, properties)),
    ...more,
  }
}

/** BETWEEN has two bounds, IN a list, HAS_PROPERTY nothing, the others one value. */
function checkFilter({ operator, value, highValue, values }: Filter): void {
  const isFull =
    operator === 'BETWEEN'
      ? value !== undefined && highValue !== undefined
      : operator.endsWith('IN')
        ? values !== undefined
        : operator.endsWith('HAS_PROPERTY') || value !== undefined
  if (!isFull) refuse(400, 'VALIDATION_ERROR', `filter with operator ${operator} lacks its value`)
}

function mentions({ properties }: CrmRecord, query: string): boolean {
  const texts = [properties.email, properties.firstname, properties.lastname, properties.phone]
  return query === '' || texts.some((text) => text?.toLowerCase().includes(query.toLowerCase()))
}

function fitsOne(record: CrmRecord, groups: Filter[][]): boolean {
  return groups.length === 0 || groups.some((filters) => filters.every((filter) => fits(record, filter)))
}

function fits({ properties }: CrmRecord, filter: Filter): boolean {
  const has = properties[filter.propertyName] ?? ''
  return tests[filter.operator](has.toLowerCase(), filter)
}

const wantedIn = ({ value = '' }: Filter) => value.toLowerCase()
const wantedAmong = ({ values = [] }: Filter) => values.map((value) => value.toLowerCase())

const tests: Record<Filter['operator'], (has: string, filter: Filter) => boolean> = {
  EQ: (has, filter) => has === wantedIn(filter),
  NEQ: (has, filter) => has !== wantedIn(filter),
  LT: (has, filter) => has !== '' && compare(has, wantedIn(filter)) < 0,
  LTE: (has, filter) => has !== '' && compare(has, wantedIn(filter)) <= 0,
  GT: (has, filter) => has !== '' && compare(has, wantedIn(filter)) > 0,
  GTE: (has, filter) => has !== '' && compare(has, wantedIn(filter)) >= 0,
  BETWEEN: (has, filter) => compare(has, wantedIn(filter)) >= 0 && compare(has, filter.highValue ?? '') <= 0,
  IN: (has, filter) => wantedAmong(filter).includes(has),
  NOT_IN: (has, filter) => !wantedAmong(filter).includes(has),
  HAS_PROPERTY: (has) => has !== '',
  NOT_HAS_PROPERTY: (has) => has === '',
  CONTAINS_TOKEN: (has, filter) => has.includes(wantedIn(filter).replaceAll('*', '')),
  NOT_CONTAINS_TOKEN: (has, filter) => !has.includes(wantedIn(filter).replaceAll('*', '')),
}

/** Compares numbers and dates by value, everything else as text. */
function compare(left: string, right: string): number {
  const [a, b] = [comparable(left), comparable(right)]
  return Number.isNaN(a) || Number.isNaN(b) ? left.localeCompare(right) : a - b
}

function comparable(value: string): number {
  return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : Date.parse(value)
}

function sorted(found: CrmRecord[], { sorts = [] }: SearchOrder): CrmRecord[] {
  const [first] = sorts
  if (!first) return found
  const sort = typeof first === 'string' ? { propertyName: first } : first
  const sign = 'direction' in sort && sort.direction === 'DESCENDING' ? -1 : 1
  const valueIn = (record: CrmRecord) => record.properties[sort.propertyName] ?? ''
  return found.toSorted((left, right) => sign * compare(valueIn(left), valueIn(right)))
}
