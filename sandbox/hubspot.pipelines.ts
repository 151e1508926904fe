import type { Kind } from './hubspot.kinds.ts'

const stages: [id: string, label: string, probability: string][] = [
  ['appointmentscheduled', 'Appointment Scheduled', '0.2'],
  ['qualifiedtobuy', 'Qualified To Buy', '0.4'],
  ['presentationscheduled', 'Presentation Scheduled', '0.6'],
  ['contractsent', 'Contract Sent', '0.9'],
  ['closedwon', 'Closed Won', '1.0'],
  ['closedlost', 'Closed Lost', '0.0'],
]
const at = '2026-01-01T00:00:00.000Z'
const made = { createdAt: at, updatedAt: at, archived: false }

/** The portal's only pipeline of deals. */
export const pipelines = [
  {
    ...{ id: 'default', label: 'Sales Pipeline', displayOrder: 0, ...made },
    stages: stages.map(([id, label, probability], displayOrder) => ({
      ...{ id, label, displayOrder, ...made },
      metadata: { isClosed: String(id.startsWith('closed')), probability },
    })),
  },
]

/** The people of the portal whom records can belong to. */
export const owners = [
  owner('81001', 'ana@solaria.example', 'Ana', 'García'),
  owner('81002', 'ben@solaria.example', 'Ben', 'Weber'),
]

function owner(id: string, email: string, firstName: string, lastName: string) {
  return { id, type: 'PERSON', email, firstName, lastName, userId: Number(id) - 80_000, ...made }
}

/** What is wrong with a deal's pipeline and stage. */
export function pipelineProblem(kind: Kind, { pipeline = 'default', dealstage }: Record<string, string>) {
  if (kind !== 'deals' || !dealstage) return []
  const known = pipelines.find(({ id }) => id === pipeline)
  if (!known) {
    return [
      { name: 'pipeline', code: 'INVALID_OPTION', message: `${pipeline} was not one of the allowed options` },
    ]
  }
  return known.stages.some(({ id }) => id === dealstage)
    ? []
    : [
        {
          name: 'dealstage',
          code: 'INVALID_OPTION',
          message: `${dealstage} is no stage of pipeline ${pipeline}`,
        },
      ]
}
