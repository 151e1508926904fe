import { kindOfId } from '../../entities/ids.ts'

/**
 * A campaign's title at Mailchimp: its name with our id, e.g. `Spring sale [camp_01jd…]`. The title is the only place
 * there for an id of ours, and by it a campaign is found again whose creation was not answered.
 */

const anyMarker = /\s*\[(camp_[0-7][0-9a-hjkmnp-tv-z]{25})\]/g
/** Only at the end: a copy that somebody makes at Mailchimp gets "(copy 01)" behind it, and is another campaign. */
const ownMarker = /\[(camp_[0-7][0-9a-hjkmnp-tv-z]{25})\]$/

/** The title of a campaign of ours. */
export const titleOf = ({ id, name }: { id: string; name: string }) => `${name} [${id}]`

/** The id a title carries; undefined when it is the title of no campaign of ours. */
export function idInTitle(title: string): string | undefined {
  const id = ownMarker.exec(title.trim())?.[1]
  return id && kindOfId(id) === 'campaign' ? id : undefined
}

/** A title as people know it: without our ids. */
export const nameInTitle = (title: string) => title.replace(anyMarker, '').trim()
