import { either, flag, list, number, type Of, object, record, text } from './shape.ts'

const status = text({ oneOf: ['subscribed', 'unsubscribed', 'cleaned', 'pending', 'transactional'] })
const ip = text({
  pattern: /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f:]*:[0-9a-f:.]+)$/i,
  message: 'is not a valid IP address',
})
const time = text({ pattern: /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?.*)?$/, message: 'is not a valid date' })
const address = object(
  { addr1: text(), city: text(), state: text(), zip: text() },
  { addr2: text(), country: text() },
)

const common = {
  email_type: text({ oneOf: ['html', 'text'] }),
  status,
  merge_fields: record(either(either(text(), number), address)),
  interests: record(flag),
  language: text({ max: 5 }),
  vip: flag,
  location: object({}, { latitude: number, longitude: number }),
  marketing_permissions: list(object({}, { marketing_permission_id: text(), enabled: flag })),
  ip_signup: ip,
  ip_opt: ip,
  timestamp_signup: time,
  timestamp_opt: time,
}

/**
 * PUT and PATCH of a member. `tags` is not among the fields: the real API takes it silently and
 * ignores it (integrations.md 3.3); here it is refused, so that the mistake shows.
 */
export const putShape = object({ email_address: text() }, { ...common, status_if_new: status })
export const patchShape = object({}, { ...common, email_address: text() })
export type MemberChange = Of<typeof putShape>
export type MemberPatch = Of<typeof patchShape>

export const tagsShape = object(
  {
    tags: list(object({ name: text({ max: 100 }), status: text({ oneOf: ['active', 'inactive'] }) }), {
      min: 1,
    }),
  },
  { is_syncing: flag },
)
export type TagChange = Of<typeof tagsShape>['tags'][number]

/** A merge field as created by POST /lists/{id}/merge-fields. */
export const mergeFieldShape = object(
  {
    name: text({ max: 50 }),
    type: text({
      oneOf: [
        'text',
        'number',
        'address',
        'phone',
        'date',
        'url',
        'imageurl',
        'radio',
        'dropdown',
        'birthday',
        'zip',
      ],
    }),
  },
  { tag: text({ max: 10, pattern: /^[A-Z0-9_]+$/ }), required: flag, default_value: text(), public: flag },
)
export type MergeFieldOrder = Of<typeof mergeFieldShape>
