import {
  type ASTVisitor,
  type FragmentDefinitionNode,
  Kind,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql'
import { apiError } from './errors.ts'

/** A validation rule: documents nest at most `maxDepth` fields. Introspection has a limit of its own in graphql-js. */
export function depthLimit(maxDepth: number) {
  return function DepthLimitRule(context: ValidationContext): ASTVisitor {
    const measured = new Map<string, number>()

    function depthOf(set: SelectionSetNode | undefined, spreading: readonly string[]): number {
      let deepest = 0
      for (const selection of set?.selections ?? []) {
        if (selection.kind === Kind.FRAGMENT_SPREAD)
          deepest = Math.max(deepest, fragmentDepth(selection.name.value, spreading))
        else if (selection.kind === Kind.INLINE_FRAGMENT)
          deepest = Math.max(deepest, depthOf(selection.selectionSet, spreading))
        else if (!selection.name.value.startsWith('__'))
          deepest = Math.max(deepest, 1 + depthOf(selection.selectionSet, spreading))
      }
      return deepest
    }

    function fragmentDepth(name: string, spreading: readonly string[]): number {
      const known = measured.get(name)
      if (known !== undefined || spreading.includes(name)) return known ?? 0
      const fragment: FragmentDefinitionNode | null | undefined = context.getFragment(name)
      const depth = depthOf(fragment?.selectionSet, [...spreading, name])
      measured.set(name, depth)
      return depth
    }

    return {
      OperationDefinition: (operation) => {
        const depth = depthOf(operation.selectionSet, [])
        if (depth > maxDepth)
          context.reportError(
            apiError('TOO_COMPLEX', `The document nests ${depth} fields; at most ${maxDepth} are allowed`),
          )
      },
    }
  }
}
