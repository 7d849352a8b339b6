import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { cachesOf, startCaches, stopCaches } from '../../src/adapters/kubernetes/caches.ts'
import type { Caches } from '../../src/adapters/kubernetes/caches.ts'
import { kubernetesClient } from '../../src/adapters/kubernetes/client.ts'
import type { KubernetesClient } from '../../src/adapters/kubernetes/client.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import type { SandboxEnv } from '../../sandbox/env.ts'
import { startSluice } from '../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../sandbox/kit/sluice.ts'
import { makeAccount } from './account.ts'
import { AuditLog } from './audit.ts'

/** Sluice in a sandbox, and those who watch it. */
export interface Lab {
  readonly env: SandboxEnv
  readonly sluice: SluiceProcess
  /** Its settings, beyond those that the sandbox gives. */
  readonly settings: Readonly<Record<string, string>>
  readonly client: KubernetesClient
  /** What is in the cluster, kept up to date by watches: whoever waits asks these and so burdens nobody. */
  readonly caches: Caches
  readonly audit: AuditLog
}

/** Name of the cluster in ids of workflows. */
export const CLUSTER = 'bench'

/**
 * Starts Sluice under an account of its own, and ends it after the work.
 * @param settings of Sluice beyond those that the sandbox gives
 */
export async function inLab<T>(
  env: SandboxEnv,
  settings: Readonly<Record<string, string>>,
  work: (lab: Lab) => Promise<T>,
): Promise<T> {
  const client = kubernetesClient(env.kubeconfig)
  const kubeconfig = await makeAccount(client.config, join(env.state, 'data'))
  const caches = cachesOf(client, createLogger('error'))
  try {
    await startCaches(caches)
    const all = { KUBECONFIG: kubeconfig, SLUICE_CLUSTER: CLUSTER, ...settings }
    return await withSluice(env, all, async (sluice) =>
      work({ env, sluice, settings: all, client, caches, audit: new AuditLog(env.auditLog) }),
    )
  } finally {
    await stopCaches(caches)
  }
}

async function withSluice<T>(
  env: SandboxEnv,
  settings: Readonly<Record<string, string>>,
  work: (sluice: SluiceProcess) => Promise<T>,
): Promise<T> {
  // A former run's log would be read as this one's.
  rmSync(join(env.state, 'logs', 'sluice.log'), { force: true })
  const sluice = await startSluice(env, { settings })
  try {
    await sluice.ready()
    return await work(sluice)
  } finally {
    await sluice.stop()
  }
}
