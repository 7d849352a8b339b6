import { createClient } from './client.ts'
import type { LoadOptions } from './load.ts'
import type { Outcome } from './report.ts'

/** Sends one request over a connection of its own, and tells how it ended. */
export async function askOnce({ url, host }: Pick<LoadOptions, 'url' | 'host'>): Promise<Outcome> {
  const client = createClient({ url, host, path: '/', connections: 1, timeoutMs: 10_000 })
  try {
    return await new Promise((resolve) => {
      client.send(resolve)
    })
  } finally {
    client.close()
  }
}
