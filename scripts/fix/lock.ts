import { readFileSync, writeFileSync } from 'node:fs'

// A package with native parts lists one optional package per platform. `npm install` leaves out of the lockfile those
// that its registry or mirror does not have, and `npm ci` of npm 11 then refuses the whole lockfile on every platform.
// An entry made from the list of its parent is enough: npm ci skips it where the platform differs.

interface Entry {
  version: string
  dev?: boolean
  optional?: boolean
  os?: string[]
  cpu?: string[]
  libc?: string[]
  optionalDependencies?: Record<string, string>
}

type Packages = Record<string, Entry>

/** Adds the entries for other platforms that a lockfile lacks. Gives their names. */
export function completeLock(file: string): string[] {
  const lock: { packages: Packages } = JSON.parse(readFileSync(file, 'utf8'))
  const missing = Object.entries(lock.packages).flatMap(([path, entry]) =>
    missingParts(lock.packages, path, entry),
  )
  if (missing.length === 0) return []
  const all = Object.entries({ ...lock.packages, ...Object.fromEntries(missing) })
  const packages = Object.fromEntries(all.sort(([a], [b]) => a.localeCompare(b, 'en')))
  writeFileSync(file, `${JSON.stringify({ ...lock, packages }, null, 2)}\n`)
  return missing.map(([path]) => path.replace(/^node_modules\//, ''))
}

function missingParts(packages: Packages, path: string, parent: Entry): [string, Entry][] {
  return Object.entries(parent.optionalDependencies ?? {}).flatMap(([name, version]) => {
    const platform = platformIn(name)
    if (!platform || isLocked(packages, path, name) || !/^\d/.test(version)) return []
    const { os, cpu, libc } = platform
    // In npm's order, so that npm leaves the file as it is.
    return [
      [
        `node_modules/${name}`,
        { version, cpu, ...(parent.dev && { dev: true }), ...libc, optional: true, os },
      ],
    ]
  })
}

/** Looks where npm would: inside the parent, then beside each folder around it. */
function isLocked(packages: Packages, path: string, name: string): boolean {
  const inside = path === '' ? `node_modules/${name}` : `${path}/node_modules/${name}`
  if (packages[inside]) return true
  return (
    path !== '' && isLocked(packages, path.slice(0, Math.max(0, path.lastIndexOf('/node_modules/'))), name)
  )
}

/** `binding-linux-arm64-gnu` → Linux, arm64, glibc. */
function platformIn(name: string) {
  const parts =
    /-(aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)-(arm64|arm|ia32|ppc64|riscv64|s390x|loong64|x64)(?:-(\w+))?$/.exec(
      name,
    )
  if (!parts?.[1] || !parts[2]) return undefined
  const libc = parts[1] === 'linux' ? { gnu: ['glibc'], musl: ['musl'] }[parts[3] ?? ''] : undefined
  return { os: [parts[1]], cpu: [parts[2]], libc: libc && { libc } }
}
