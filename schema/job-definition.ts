import { z } from 'zod'
import { type AnyJobDefinition, jobDefaults } from '../ledger/definition.ts'
import type { Api } from './api.ts'
import { mutationName } from './job-names.ts'

/** A kind of job. */
export function jobDefinitionType({ JobDefinition, JobName, JobPriority }: Api): void {
  JobDefinition.implement({
    description: 'A kind of job: what it takes and how it is retried.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'The name of the job.' }),
      key: t.field({
        type: JobName,
        description: 'The name as a value of `JobName`.',
        resolve: ({ name }) => name,
      }),
      description: t.exposeString('description', { description: 'What it does.' }),
      version: t.int({ description: 'Version of its input.', resolve: ({ version }) => version ?? 1 }),
      attempts: t.int({
        description: 'How often it is tried in all.',
        resolve: ({ attempts }) => attempts ?? jobDefaults.attempts,
      }),
      priority: t.field({
        type: JobPriority,
        description: 'What its jobs have unless the caller says otherwise.',
        resolve: ({ priority }) => priority ?? jobDefaults.priority,
      }),
      timeoutMs: t.int({
        description: 'Longest time one attempt may take.',
        resolve: ({ timeoutMs }) => timeoutMs ?? jobDefaults.timeoutMs,
      }),
      inputSchema: t.field({ type: 'JSON', description: 'JSON Schema of its input.', resolve: jsonSchema }),
      permission: t.string({
        nullable: true,
        description: 'What a key needs to start it; null when it cannot be started through the API.',
        resolve: ({ mutation }) => mutation?.permission,
      }),
      mutation: t.string({
        nullable: true,
        description: 'Name of the mutation that starts it.',
        resolve: ({ name, mutation }) => mutation && mutationName(name),
      }),
      startable: t.boolean({
        description: 'Whether the key of this request may start it.',
        resolve: ({ mutation }, _, { caller }) =>
          mutation !== undefined && caller.permissions.has(mutation.permission),
      }),
    }),
  })
}

function jsonSchema({ input }: AnyJobDefinition): unknown {
  return z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' })
}
