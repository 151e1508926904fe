import { envWithNode, run } from './process.mjs'

/**
 * Runs npm on the given Node. Which Node matters: npm leaves out optional packages whose `engines` do not fit the
 * Node it runs on, and the linter's and bundler's native parts are such packages.
 */
export function runNpm(node, args, options = {}) {
  return run('npm', args, { ...options, env: envWithNode(node, options.env) })
}
