// Which Node runs this project. Plain CommonJS, as a Node that does not run it has to read this too.

// graphql 17 excludes Node 23 and 25; type stripping and the ORM need 22.20. The same range is in package.json.
const NEEDED = '^22.20 || ^24 || >=26'

/** Does this Node version run the project? */
function fits(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number)
  return (major === 22 && minor >= 20) || major === 24 || major >= 26
}

/** What is wrong with the Node that runs this, and what to do; undefined when it fits. */
function nodeProblem(version = process.version) {
  if (fits(version)) return undefined
  return `This project needs Node ${NEEDED}; this is ${version} (${process.execPath}). Put a Node that fits first on PATH. If PM2 runs already, its daemon is on the old one: pm2 update`
}

module.exports = { NEEDED, fits, nodeProblem }
