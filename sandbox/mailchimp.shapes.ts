import { moment, pagedBy } from './mailchimp.answers.ts'
import { either, flag, list, number, type Of, object, record, text } from './shape.ts'

const status = text({ oneOf: ['subscribed', 'unsubscribed', 'cleaned', 'pending', 'transactional'] })
const ip = text({
  pattern: /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f:]*:[0-9a-f:.]+)$/i,
  message: 'is not a valid IP address',
})
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
  timestamp_signup: moment,
  timestamp_opt: moment,
}

/**
 * PUT and PATCH of a member. `tags` is not among the fields: the real API takes it silently and
 * ignores it (integrations.md 3.3); here it is refused, so that the mistake shows.
 */
export const putShape = object({ email_address: text() }, { ...common, status_if_new: status })
export const patchShape = object({}, { ...common, email_address: text() })
export type MemberChange = Of<typeof putShape>
export type MemberPatch = Of<typeof patchShape>

const tagNames = list(text({ max: 100 }))
/** POST of a member: the only place beside POST …/tags where tags are taken. */
export const postShape = object({ email_address: text(), status }, { ...common, tags: tagNames })
export type NewMember = Of<typeof postShape>

/** POST /lists/{id}: up to 500 members at once. `status` is needed for those who are new. */
export const bulkShape = object(
  {
    members: list(object({ email_address: text() }, { ...common, tags: tagNames }), { min: 1, max: 500 }),
  },
  { update_existing: flag, sync_tags: flag },
)
export type BulkOrder = Of<typeof bulkShape>

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
  {
    tag: text({ max: 10, pattern: /^[A-Z0-9_]+$/ }),
    required: flag,
    default_value: text(),
    public: flag,
    display_order: number,
    help_text: text({ max: 255 }),
    options: object(
      {},
      {
        choices: list(text()),
        date_format: text(),
        phone_format: text(),
        size: number,
        default_country: number,
      },
    ),
  },
)
export type MergeFieldOrder = Of<typeof mergeFieldShape>

const yesOrNo = text({ oneOf: ['true', 'false'] })
const direction = text({ oneOf: ['ASC', 'DESC'] })
/** Which members: only what the sandbox can decide; the rest of Mailchimp's parameters are refused. */
export const membersQuery = pagedBy({
  status: text({
    oneOf: ['subscribed', 'unsubscribed', 'cleaned', 'pending', 'transactional', 'archived'],
  }),
  email_type: text({ oneOf: ['html', 'text'] }),
  since_last_changed: moment,
  before_last_changed: moment,
  unique_email_id: text(),
  vip_only: yesOrNo,
  sort_field: text({ oneOf: ['timestamp_opt', 'timestamp_signup', 'last_changed'] }),
  sort_dir: direction,
})
export type MembersQuery = Of<typeof membersQuery>
export const mergeFieldsQuery = pagedBy({ type: text(), required: yesOrNo })
export const tagQuery = object({}, { name: text() })
export const mergeRules = object({}, { skip_merge_validation: yesOrNo })
export const bulkQuery = object({}, { skip_merge_validation: yesOrNo, skip_duplicate_check: yesOrNo })

/** POST /lists. */
export const audienceShape = object(
  {
    name: text(),
    contact: object(
      { company: text(), address1: text(), city: text(), country: text() },
      { address2: text(), state: text(), zip: text(), phone: text() },
    ),
    permission_reminder: text(),
    campaign_defaults: object({
      from_name: text(),
      from_email: text(),
      subject: text(),
      language: text(),
    }),
    email_type_option: flag,
  },
  {
    double_optin: flag,
    use_archive_bar: flag,
    marketing_permissions: flag,
    notify_on_subscribe: text(),
    notify_on_unsubscribe: text(),
  },
)
export type AudienceOrder = Of<typeof audienceShape>
