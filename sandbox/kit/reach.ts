import type { SandboxEnv } from '../env.ts'
import { askOnce } from '../load/index.ts'
import { eventually } from './sluice.ts'

/**
 * Waits until the gateway leads a host to the demo app, by requests: a mesh that is busy, or has just lost its API
 * server, hears of new objects some seconds later.
 */
export async function untilReachable({ gateway: url }: SandboxEnv, host: string): Promise<void> {
  const isAnswered = async () => (await askOnce({ url, host })).origin === 'app'
  await eventually(`the gateway leads to ${host}`, isAnswered)
}
