import { healthPorts } from '../../runtime/health-port.ts'
import { registry } from '../../workers/registry.ts'
import type { GeneratedFile } from './file.ts'

/** `WORKER_HEALTH_PORT` of the example. */
const firstPort = 4010
const apiPort = 4000

/** docs/deployment/prometheus.yml: what to scrape, one target for each app. */
export function prometheusFile(): GeneratedFile {
  const targets = [['api', apiPort] as const, ...healthPorts(firstPort, registry)]
  const lines = targets.map(
    ([app, port]) => `      - targets: ["127.0.0.1:${port}"]\n        labels: { app: ${app} }`,
  )
  const content = `# Generated from workers/registry.ts by \`npm run generate\`; do not edit.
# Scrapes every app of an installation with PORT=${apiPort} and WORKER_HEALTH_PORT=${firstPort}. The API's processes share one
# port: each scrape meets one of them.
scrape_configs:
  - job_name: solaria
    scrape_interval: 15s
    honor_labels: true
    static_configs:
${lines.join('\n')}
`
  return { path: 'docs/deployment/prometheus.yml', content }
}
