import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { envPath, projectRoot } from '../env.ts'
import { isAlive, readRecord } from '../supervise/index.ts'
import { probeApi } from './kube-apiserver.ts'
import type { Part } from './part.ts'

const agentProgram = join(projectRoot, 'sandbox', 'agent', 'main.ts')

/** Whether this checkout has a node agent. */
export function hasAgent(): boolean {
  return existsSync(agentProgram)
}

/** Runs pods in place of a kubelet, and measures them for autoscalers. Ends its own children when it is told to end. */
export const agent: Part = {
  name: 'agent',
  ports: ['metrics'],
  graceMs: 15_000,
  endpoint: () => 'runs the pods',
  launch: ({ state, ports }) => ({
    command: process.execPath,
    args: [agentProgram, '--env', envPath(state), '--metrics-port', String(ports.metrics)],
  }),
  async check(site) {
    const record = readRecord(site.state, 'agent')
    if (!record || !isAlive(record)) throw new Error('it does not run')
    const nodes = nodeList.parse(JSON.parse(await probeApi(site, '/api/v1/nodes')))
    if (!isReady(nodes, Date.parse(record.startedAt))) throw new Error('it has not reported a node yet')
  },
}

const nodeList = z.object({
  items: z.array(
    z.object({
      status: z.object({
        conditions: z
          .array(z.object({ type: z.string(), lastHeartbeatTime: z.string().nullish() }))
          .default([]),
      }),
    }),
  ),
})

/** Whether a node was reported ready by an agent that started then, in milliseconds since 1970. */
export function isReady({ items }: z.infer<typeof nodeList>, startedAt: number): boolean {
  const heartbeats = items
    .flatMap((item) => item.status.conditions)
    .filter((condition) => condition.type === 'Ready')
    .map((condition) => Date.parse(condition.lastHeartbeatTime ?? ''))
  // Kubernetes keeps whole seconds.
  return heartbeats.some((heartbeat) => heartbeat >= Math.floor(startedAt / 1000) * 1000)
}
