import type { AnyJobDefinition } from '../ledger/definition.ts'
import { backupDaily } from './backup.daily.ts'
import { backupRestore } from './backup.restore.ts'
import { backupVerify } from './backup.verify.ts'
import { campaignReport } from './campaign.report.ts'
import { campaignSync } from './campaign.sync.ts'
import { contactSync } from './contact.sync.ts'
import { leadCreated } from './lead.created.ts'
import { leadErase } from './lead.erase.ts'
import { messageResolve } from './message.resolve.ts'
import { messageSend } from './message.send.ts'
import { retentionPrune } from './retention.prune.ts'
import { statsRebuild } from './stats.rebuild.ts'
import { statsRollup } from './stats.rollup.ts'
import { webhookReceive } from './webhook.receive.ts'
import { whatsappTemplates } from './whatsapp.templates.ts'

/** Every job there is: a job is a file in this folder and a line here. */
export const registry: readonly AnyJobDefinition[] = [
  leadCreated,
  contactSync,
  messageResolve,
  messageSend,
  webhookReceive,
  whatsappTemplates,
  campaignSync,
  campaignReport,
  retentionPrune,
  leadErase,
  statsRollup,
  statsRebuild,
  backupDaily,
  backupVerify,
  backupRestore,
]
