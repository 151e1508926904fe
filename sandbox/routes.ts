import { type Call, Refusal, type Reply } from './exchange.ts'

type Run = (call: Call, ...params: string[]) => Reply | Promise<Reply>
export type Route = { method: string; pattern: RegExp; run: Run }

/** A route whose `:name` parts are handed to `run` in order, URL-decoded. */
export function on(method: string, path: string, run: Run): Route {
  const pattern = path.replace(/:[a-z]+/g, '([^/]+)')
  return { method, pattern: new RegExp(`^${pattern}/?$`), run }
}

type Misses = { notFound: () => Reply; notAllowed: (allow: string) => Reply }

/** Runs the route that fits; an unknown path and a known path with another method differ. */
export function dispatch(routes: readonly Route[], call: Call, misses: Misses): Reply | Promise<Reply> {
  const fitting = routes.filter((route) => route.pattern.test(call.path))
  const route = fitting.find((candidate) => candidate.method === call.method)
  if (route) return route.run(call, ...params(route, call.path))
  const allow = fitting.map((candidate) => candidate.method).join(', ')
  throw new Refusal(allow === '' ? misses.notFound() : misses.notAllowed(allow))
}

function params(route: Route, path: string): string[] {
  return (route.pattern.exec(path) ?? []).slice(1).map(decode)
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
