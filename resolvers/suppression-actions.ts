import type { Channel } from '../entities/message.ts'
import { audit } from '../ledger/audit.ts'
import { InvalidInputError } from '../ledger/errors.ts'
import { normaliseEmail, normalisePhone } from '../marketing/identity.ts'
import { type Statement, type SuppressionRow, suppress, unsuppress } from '../marketing/suppression.ts'
import type { Api } from '../schema/api.ts'
import type { InputFields } from '../schema/builder.ts'
import type { Context } from '../schema/context.ts'

/** What operators do about addresses nothing is to be sent to. */
export function suppressionActions({ builder, Suppression, Channel }: Api): void {
  const fields = (t: InputFields) => ({
    channel: t.field({ type: Channel, required: true }),
    address: t.string({ required: true, description: 'E-mail address, or phone number.' }),
    country: t.string({ description: 'ISO 3166 code a phone number without + belongs to.' }),
    reason: t.string({ description: 'Why; kept with the action.' }),
  })
  const SuppressAddressInput = builder.inputType('SuppressAddressInput', { fields })
  const UnsuppressAddressInput = builder.inputType('UnsuppressAddressInput', { fields })
  const SuppressAddressPayload = builder
    .objectRef<{ suppression: SuppressionRow; created: boolean }>('SuppressAddressPayload')
    .implement({
      fields: (t) => ({
        suppression: t.expose('suppression', {
          description: 'The suppression that holds now.',
          type: Suppression,
        }),
        created: t.exposeBoolean('created', {
          description: 'False when an operator had suppressed it before.',
        }),
      }),
    })
  const UnsuppressAddressPayload = builder
    .objectRef<{ lifted: SuppressionRow[] }>('UnsuppressAddressPayload')
    .implement({
      fields: (t) => ({
        lifted: t.expose('lifted', {
          type: [Suppression],
          description: 'What held until now; empty when the address was not suppressed.',
        }),
      }),
    })
  builder.mutationFields((t) => ({
    suppressAddress: t.field({
      type: SuppressAddressPayload,
      description: 'Sends nothing to an address any more, whoever it belongs to.',
      authScopes: { permission: 'leads:write' },
      args: { input: t.arg({ type: SuppressAddressInput, required: true }) },
      errors: { types: [InvalidInputError] },
      resolve: (_, { input }, { ledger, actor }) =>
        ledger.transaction(async (em) => {
          const { row, started } = await suppress(em, statement(input, actor), 'OPERATOR')
          await audit(em, actor, 'suppressAddress', row.id, input.reason)
          return { suppression: row, created: started }
        }),
    }),
    unsuppressAddress: t.field({
      type: UnsuppressAddressPayload,
      description:
        'Lets an address be written to again, whatever spoke against it. Leads who said no stay as they are: see `updateLead`.',
      authScopes: { permission: 'leads:write' },
      args: { input: t.arg({ type: UnsuppressAddressInput, required: true }) },
      errors: { types: [InvalidInputError] },
      resolve: (_, { input }, { ledger, actor }) =>
        ledger.transaction(async (em) => {
          const lifted = await unsuppress(em, statement(input, actor))
          for (const { id } of lifted) await audit(em, actor, 'unsuppressAddress', id, input.reason)
          return { lifted }
        }),
    }),
  }))
}

interface AddressInput {
  channel: Channel
  address: string
  country?: string | null | undefined
}

/** @throws InvalidInputError */
function statement(
  { channel, address: raw, country }: AddressInput,
  { workspaceId, correlationId }: Context['actor'],
): Statement {
  const address = channel === 'EMAIL' ? normaliseEmail(raw) : normalisePhone(raw, country ?? undefined)
  if (!address.ok) throw new InvalidInputError([{ path: 'address', message: address.message }])
  return { workspaceId, channel, address: address.value, at: new Date(), source: 'operator', correlationId }
}
