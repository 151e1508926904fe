import { LockMode } from '@mikro-orm/core'
import { z } from 'zod'
import type { Em } from '../entities/index.ts'
import {
  settingsOf,
  Workspace,
  type WorkspaceChoices,
  type WorkspaceSettings,
} from '../entities/workspace.ts'
import { audit } from '../ledger/audit.ts'
import { NotFoundError } from '../ledger/errors.ts'
import { parseInput } from '../ledger/input.ts'
import type { Actor } from '../ledger/ledger.ts'

const consentForm = z.strictObject({ email: z.boolean(), whatsapp: z.boolean() })
const welcomeForm = z.strictObject({
  mailchimp: z.boolean(),
  crm: z.boolean(),
  email: z.boolean(),
  whatsapp: z.boolean(),
})
const changeForm = z.strictObject({
  unknownConsent: consentForm.partial().optional(),
  welcome: welcomeForm.partial().optional(),
})

/** The settings of a workspace, as they are now. @throws NotFoundError */
export async function readWorkspaceSettings(em: Em, id: string): Promise<WorkspaceSettings> {
  const row = await em.findOne(Workspace, { id }, { disableIdentityMap: true })
  if (!row) throw new NotFoundError(id)
  return settingsOf(row.settings)
}

/**
 * Changes what is given of the settings of the actor's workspace, in the caller's transaction with its audit row.
 * @throws InvalidInputError, NotFoundError
 */
export async function updateWorkspaceSettings(
  em: Em,
  actor: Actor,
  input: unknown,
  reason?: string | null,
): Promise<Workspace> {
  const change = parseInput({ input: changeForm }, input) as z.infer<typeof changeForm>
  const id = actor.workspaceId
  // Locked: of two changes at the same time neither is lost.
  const row = await em.findOne(
    Workspace,
    { id },
    { disableIdentityMap: true, lockMode: LockMode.PESSIMISTIC_WRITE },
  )
  if (!row) throw new NotFoundError(id)
  const settings = {
    unknownConsent: { ...row.settings.unknownConsent, ...change.unknownConsent },
    welcome: { ...row.settings.welcome, ...change.welcome },
  } as WorkspaceChoices
  await em.nativeUpdate(Workspace, { id }, { settings })
  await audit(em, actor, 'updateWorkspaceSettings', id, reason)
  return Object.assign(row, { settings })
}
