import { createHash } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import * as bundle from '@graphql-yoga/render-graphiql/graphiql'

/** Runs in a thread: packs GraphiQL's files from node_modules, so that neither their 9 MB nor the packing burden the API. */

const fast = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }

const files = {
  'graphiql.js': bundle.js,
  'graphiql.css': bundle.css,
  'editor.worker.js': bundle.editorWorkerService,
  'json.worker.js': bundle.jsonWorker,
  'graphql.worker.js': bundle.graphqlWorker,
}

const version = createHash('sha256').update(Object.values(files).join()).digest('base64url').slice(0, 16)
const packed = Object.entries(files).map(([name, text]) => ({
  name,
  br: brotliCompressSync(text, fast),
  gzip: gzipSync(text),
}))
parentPort?.postMessage({ version, packed })
