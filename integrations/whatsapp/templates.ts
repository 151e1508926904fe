// What belongs to the business account: its templates, and which app hears of its messages.

import { z } from 'zod'
import type { CallContext } from '../client.ts'
import { notSent } from './errors.ts'
import type { Graph } from './graph.ts'
import type { RemoteTemplate, TemplatePage, Whatsapp } from './verbs.ts'

const PAGE = '100'

export function accountVerbs(graph: Graph): Pick<Whatsapp, 'templates' | 'subscribeApp'> {
  return {
    templates: (page, context) => templates(graph, page.after, context),
    subscribeApp: (context) => subscribeApp(graph, context),
  }
}

const Template = z.object({
  name: z.string(),
  language: z.string(),
  status: z.string(),
  category: z.string().catch(''),
  components: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })).catch([]),
  quality_score: z.object({ score: z.string() }).optional().catch(undefined),
})
const Page = z.object({
  data: z.array(Template),
  paging: z.object({ cursors: z.object({ after: z.string().optional() }).optional() }).optional(),
})

async function templates(
  graph: Graph,
  after: string | undefined,
  context: CallContext,
): Promise<TemplatePage> {
  const operation = 'templates'
  const fields = 'name,status,language,category,components,quality_score'
  const path = graph.path(wabaOf(graph, operation), 'message_templates', { fields, limit: PAGE, after })
  const page = await graph.manage({ operation, method: 'GET', path, repeatable: true, answer: Page }, context)
  const cursor = page.paging?.cursors?.after
  // The last page has a cursor too, so only an empty page, or one that leads to itself, says that there is no more.
  const next = page.data.length > 0 && cursor !== after ? cursor : undefined
  return { templates: page.data.map(remoteTemplate), next }
}

function remoteTemplate({ quality_score, ...template }: z.infer<typeof Template>): RemoteTemplate {
  const body = template.components.find(({ type }) => type.toUpperCase() === 'BODY')?.text ?? ''
  return { ...template, body, variables: variablesOf(body), quality: quality_score?.score }
}

/** Values are given in the order of the numbers, wherever these stand in the text; names keep the text's order. */
function variablesOf(body: string): string[] {
  const found = [...body.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, name]) => name!)
  const each = [...new Set(found)]
  return each.every((name) => /^\d+$/.test(name)) ? each.sort((a, b) => Number(a) - Number(b)) : each
}

async function subscribeApp(graph: Graph, context: CallContext): Promise<void> {
  const operation = 'subscribeApp'
  const path = graph.path(wabaOf(graph, operation), 'subscribed_apps')
  const answer = z.object({ success: z.literal(true) })
  await graph.manage({ operation, method: 'POST', path, repeatable: true, answer }, context)
}

function wabaOf({ settings }: Graph, operation: string): string {
  if (settings.wabaId) return settings.wabaId
  throw notSent(operation, 'NO_WABA_ID', 'the id of the business account (WHATSAPP_WABA_ID) is not set')
}
