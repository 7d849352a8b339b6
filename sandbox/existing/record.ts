import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const schema = z.object({
  /** Path of a kubeconfig whose current context is the cluster's. */
  kubeconfig: z.string(),
  /** URL of its API server. */
  server: z.string(),
  /** URL of a Prometheus that was there before; absent: the sandbox has one of its own. */
  prometheus: z.string().optional(),
  /** Names of the custom resource definitions that were not there before. */
  crds: z.array(z.string()),
  /** Namespace of the demo, if somebody asked for it. */
  demo: z.string().optional(),
})

/** What a sandbox on an existing cluster uses, and what it has brought there. */
export type ExistingCluster = z.output<typeof schema>

/** Whether the sandbox in this folder is on an existing cluster. */
export function isOnExistingCluster(state: string): boolean {
  return existsSync(recordPath(state))
}

/** The existing cluster of the sandbox in this folder; undefined when it has none, or is not there. */
export function readExisting(state: string): ExistingCluster | undefined {
  if (!isOnExistingCluster(state)) return undefined
  return schema.parse(JSON.parse(readFileSync(recordPath(state), 'utf8')))
}

/** Notes what is to be taken back: before it is brought. */
export function writeExisting(state: string, record: ExistingCluster): void {
  writeFileSync(recordPath(state), `${JSON.stringify(record, null, 2)}\n`)
}

export function recordPath(state: string): string {
  return join(state, 'existing.json')
}
