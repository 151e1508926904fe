import SchemaBuilder from '@pothos/core'
import ErrorsPlugin from '@pothos/plugin-errors'
import ScopeAuthPlugin, { type ForbiddenResult } from '@pothos/plugin-scope-auth'
import { GraphQLError } from 'graphql'
import type { Permission } from '../entities/api-key.ts'
import type { JobPriority } from '../entities/job.ts'
import type { Context } from './context.ts'
import { dateTime, json, localDate } from './scalars.ts'

/** Only home of Pothos. */

interface Types {
  Context: Context
  DefaultFieldNullability: false
  /** Enums that are named where their reference is not at hand. */
  Inputs: { JobPriority: JobPriority }
  AuthScopes: { permission: Permission; authenticated: boolean }
  Scalars: {
    ID: { Input: string; Output: string }
    DateTime: { Input: Date; Output: Date }
    LocalDate: { Input: string; Output: string }
    JSON: { Input: unknown; Output: unknown }
  }
}

export type Builder = ReturnType<typeof createBuilder>
export type { InputRef, ObjectRef } from '@pothos/core'
/** What the fields of an input type, or arguments, are made with. */
export type InputFields<Kind extends 'Arg' | 'InputObject' = 'InputObject'> =
  PothosSchemaTypes.InputFieldBuilder<Builder['$inferSchemaTypes'], Kind>
/** What `t.arg` is. */
export type ArgFields = Omit<InputFields<'Arg'>, 'field'> & InputFields<'Arg'>['field']

const capital = (name: string) => name.charAt(0).toUpperCase() + name.slice(1)

/** An empty schema with our scalars, error unions and permissions. */
export function createBuilder() {
  const builder = new SchemaBuilder<Types>({
    plugins: [ScopeAuthPlugin, ErrorsPlugin],
    defaultFieldNullability: false,
    errors: {
      directResult: true,
      defaultUnionOptions: { name: ({ fieldName }) => `${capital(fieldName)}Result` },
    },
    scopeAuth: {
      authorizeOnSubscribe: true,
      authScopes: ({ caller }) => ({
        permission: (permission) => caller.permissions.has(permission),
        authenticated: true,
      }),
      unauthorizedError: (_parent, { caller }, info, { failure }) => {
        const needed = permissionIn(failure)
        const key = `key "${caller.name}" (${caller.role})`
        return forbidden(
          needed
            ? `${info.fieldName} takes the permission ${needed}; ${key} does not have it`
            : `${info.fieldName} is not open to ${key}`,
        )
      },
    },
  })
  builder.scalarType('DateTime', dateTime)
  builder.scalarType('LocalDate', localDate)
  builder.scalarType('JSON', json)
  return builder
}

/** The permission that was missing, as far as it is known. */
function permissionIn(failure: ForbiddenResult['failure']): unknown {
  if ('failures' in failure) return failure.failures.map(permissionIn).find(Boolean)
  return 'parameter' in failure ? failure.parameter : undefined
}

/** The error of a caller who may not do this. */
export function forbidden(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'FORBIDDEN' } })
}
