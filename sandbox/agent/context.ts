import type { Logger } from 'pino'
import type { SandboxEnv } from '../env.ts'
import type { Cluster } from './cluster.ts'
import type { Proxies } from './proxies.ts'
import type { SharedApps } from './shared-apps.ts'

/** What the runner of a pod needs of its surroundings. */
export interface AgentContext {
  cluster: Cluster
  env: SandboxEnv
  proxies: Proxies
  sharedApps: SharedApps
  log: Logger
}

/** The name under which the agent's processes are recorded. */
export const OWNER = 'agent'
