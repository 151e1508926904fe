import { count } from './setting.ts'

/** How much one caller, and all of them together, may take of an API process before and after signing in. */
export const edgeSettings = {
  TRUSTED_PROXIES: count(0, 0, 10).describe(
    'Proxies in front of the API, e.g. 1 behind nginx: the caller is then who they say in X-Forwarded-For; 0: who connects',
  ),
  MAX_CONNECTIONS_PER_ADDRESS: count(2_000, 1, 100_000).describe(
    'Connections of one address to an API process; does not count behind a proxy, which has limits of its own',
  ),
  MAX_UNSIGNED_SOCKETS_PER_ADDRESS: count(200, 1, 100_000).describe(
    'WebSocket connections of one address that have not signed in yet, per process',
  ),
  SOCKET_INIT_BYTES: count(16_000, 500, 1_000_000).describe(
    'What a WebSocket connection may send before it has signed in, in bytes',
  ),
  SOCKET_INIT_SECONDS: count(5, 1, 60).describe('How long a WebSocket connection may take to sign in'),
  SOCKET_BUFFER_BYTES: count(4_000_000, 10_000, 100_000_000).describe(
    'A WebSocket connection ends when more than this waits to be read by the client, in bytes',
  ),
  MAX_BODIES_BYTES: count(64_000_000, 100_000, 1_000_000_000).describe(
    'Request bodies under way in one API process, in bytes; the first 64 KB of each do not count',
  ),
  MAX_BODIES_BYTES_PER_ADDRESS: count(24_000_000, 100_000, 1_000_000_000).describe(
    'The same for one address, in bytes',
  ),
  MAX_BODIES: count(1_000, 1, 100_000).describe('Request bodies under way in one API process'),
  BODY_SECONDS: count(30, 1, 600).describe('How long the body of a request may take to come'),
} as const
