/** What people do with a membership: the person by Mailchimp's forms, an admin in Mailchimp's pages. */
import { Refusal } from './exchange.ts'
import type { Audience, Audiences } from './mailchimp.audiences.ts'
import { type Source, sourceNames } from './mailchimp.happenings.ts'
import { lookUp, type Member } from './mailchimp.members.ts'
import { create, update } from './mailchimp.rules.ts'
import { patchShape } from './mailchimp.shapes.ts'
import { subscriberHash } from './signatures.ts'

type Event = Record<string, unknown>
type Act = (audience: Audience, email: string, event: Event) => Member

const acts: Record<string, { source: Source; run: Act }> = {
  subscribe: { source: 'user', run: signUp },
  unsubscribe: { source: 'user', run: leave('unsubscribed') },
  cleaned: { source: 'user', run: leave('cleaned') },
  archive: { source: 'admin', run: (audience, email) => set(audience, email, { status: 'archived' }) },
  profile: {
    source: 'admin',
    run: (audience, email, { merge_fields }) => set(audience, email, { merge_fields }),
  },
  upemail: {
    source: 'user',
    run: (audience, email, { new_email }) => set(audience, email, { email_address: new_email }),
  },
}

/** The types of events about members. */
export const memberActs = Object.keys(acts)

/** Does what an event says; a text tells why not. `source` may be given instead of the usual one. */
export function actOnMember(audiences: Audiences, event: Event): string | null {
  const { list = 'a6b5da1054', email, type } = event
  const act = acts[String(type)]
  if (!act) return `type is one of ${memberActs.join(', ')}`
  const source = sourceNames.find((name) => name === (event.source ?? act.source))
  if (!source) return `source is one of ${sourceNames.join(', ')}`
  const audience = audiences.find(String(list))
  if (!audience) return `no audience has the id ${String(list)}`
  if (type !== 'subscribe' && !lookUp(audience, String(email))) return `${String(email)} is not a member`
  try {
    audiences.change(audience.listId, String(email), source, () => act.run(audience, String(email), event))
    return null
  } catch (error) {
    if (error instanceof Refusal) return JSON.stringify(error.reply.body)
    throw error
  }
}

/** Only Mailchimp's own form brings back somebody who left or was erased. */
function signUp(audience: Audience, email: string): Member {
  const id = subscriberHash(email)
  audience.forgotten.delete(id)
  audience.compliance.delete(id)
  const member = lookUp(audience, email)
  if (member) return update(audience, member, { status: 'subscribed' }, true)
  return create(audience, { email_address: email, status: 'subscribed' }, true)
}

function leave(status: 'unsubscribed' | 'cleaned'): Act {
  return (audience, email) => {
    audience.compliance.add(subscriberHash(email))
    return set(audience, email, { status })
  }
}

function set(audience: Audience, email: string, change: Event): Member {
  const member = lookUp(audience, email)!
  if (change.status === 'archived') return Object.assign(member, { status: 'archived' })
  const [issue] = patchShape.check(change, [])
  if (issue) throw new Refusal({ status: 400, body: `${issue.path.join('.')} ${issue.message}` })
  return update(audience, member, change, true)
}
