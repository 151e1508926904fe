import { startProcess } from '../runtime/process.ts'
import { createServices } from '../runtime/services.ts'
import { runWorkers } from '../runtime/worker-process.ts'
import { registry } from '../workers/registry.ts'

const parts = await startProcess('worker')
await runWorkers(parts, registry, createServices(parts.config), new URL('./processor.ts', import.meta.url))
