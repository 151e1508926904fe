import type { FaultOrder, Sandbox } from './sandbox.ts'

/** Each kind of fault strikes about every eighth call, and no more often than for every eighth lead. */
const share = 0.12

type Kind = 'throttled' | 'failed' | 'answer lost'
export type Hits = Record<Kind, number>

const vendors = [
  { vendor: 'mailchimp', match: { path: '/lists/' }, failure: 500 },
  { vendor: 'hubspot', match: { path: '/crm/objects/' }, failure: 500 },
  // After a 500 of Mandrill nobody knows whether the mail left, and finding out that it did not takes minutes.
  { vendor: 'mandrill', match: { path: '/messages/send-template' }, failure: 503 },
  { vendor: 'whatsapp', match: { path: '/messages$' }, failure: 500 },
] as const

const actions = (failure: number): [Kind, FaultOrder['action']][] => [
  ['throttled', { status: 429, headers: { 'retry-after': '1' } }],
  ['failed', { status: failure }],
  ['answer lost', { drop: 'after' }],
]

/** Lets some calls to each of the four vendors fail: too many requests, out of order, done but the answer is lost. */
function faultsFor(leads: number): { kind: Kind; order: FaultOrder }[] {
  const times = Math.ceil(leads * share)
  return vendors.flatMap(({ failure, ...calls }, vendorIndex) =>
    actions(failure).map(([kind, action], index) => ({
      kind,
      order: { ...calls, times, probability: share, seed: vendorIndex * 3 + index + 1, action },
    })),
  )
}

/** Switches the faults on; the function it gives takes them back and says how often each kind struck. */
export async function addFaults(sandbox: Sandbox, leads: number): Promise<() => Promise<Hits>> {
  const added: { kind: Kind; id: string }[] = []
  const remove = async () => {
    const hits: Hits = { throttled: 0, failed: 0, 'answer lost': 0 }
    // A sandbox that is gone has taken its faults with it.
    for (const { kind, id } of added.splice(0)) hits[kind] += await sandbox.removeFault(id).catch(() => 0)
    return hits
  }
  try {
    for (const { kind, order } of faultsFor(leads)) added.push({ kind, id: await sandbox.addFault(order) })
    return remove
  } catch (error) {
    await remove()
    throw error
  }
}
