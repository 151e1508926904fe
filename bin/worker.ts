import { workerApp } from '../runtime/health-port.ts'
import { openConnections } from '../runtime/integrations/open.ts'
import { startProcess } from '../runtime/process.ts'
import { createServices } from '../runtime/services.ts'
import { runWorkers } from '../runtime/worker-process.ts'
import { registry } from '../workers/registry.ts'

const parts = await startProcess((config) => workerApp(config, registry))
const { connections, calls } = openConnections(parts, 'patient')
const services = createServices(parts.config, connections, parts.fork)
await runWorkers(parts, registry, services, new URL('./processor.ts', import.meta.url), calls.gauges)
