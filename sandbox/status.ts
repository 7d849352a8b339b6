import { stateDirectory } from './env.ts'
import { partsIn } from './parts/index.ts'
import type { Part, Site } from './parts/part.ts'
import { siteAt } from './site.ts'
import { isAlive, listRecords, type ProcessRecord, readRecord, residentBytes } from './supervise/index.ts'

export interface ProcessStatus {
  name: string
  /** Of parts we know whether they are healthy; of others only whether they run. */
  state: 'healthy' | 'unhealthy' | 'running' | 'stopped'
  /** Why it is unhealthy. */
  reason?: string
  pid?: number
  endpoint?: string
  /** ISO 8601 */
  since?: string
  memoryBytes?: number
}

export interface SandboxStatus {
  /** All parts are healthy. */
  healthy: boolean
  parts: ProcessStatus[]
  /** Other processes recorded in the sandbox: pods, sidecars, Sluice itself. */
  others: ProcessStatus[]
}

/**
 * Asks each part how it is.
 * @throws Error when there is no sandbox
 */
export async function status(state?: string): Promise<SandboxStatus> {
  const site = siteAt(stateDirectory(state))
  const parts = await Promise.all(partsIn(site.state).map((part) => partStatus(part, site)))
  const names = new Set(parts.map((part) => part.name))
  const others = listRecords(site.state).filter((record) => !names.has(record.name))
  return { healthy: parts.every((part) => part.state === 'healthy'), parts, others: others.map(otherStatus) }
}

async function partStatus(part: Part, site: Site): Promise<ProcessStatus> {
  const record = readRecord(site.state, part.name)
  if (!record || !isAlive(record)) return { name: part.name, state: 'stopped', endpoint: part.endpoint(site) }
  const running = { ...runningStatus(record), endpoint: part.endpoint(site) }
  try {
    await part.check(site)
    return { ...running, state: 'healthy' }
  } catch (error) {
    return { ...running, state: 'unhealthy', reason: (error as Error).message }
  }
}

function otherStatus(record: ProcessRecord): ProcessStatus {
  if (!isAlive(record)) return { name: record.name, state: 'stopped' }
  return { ...runningStatus(record), state: 'running' }
}

function runningStatus({ name, pid, startedAt }: ProcessRecord): Omit<ProcessStatus, 'state'> {
  const memoryBytes = residentBytes(pid)
  return { name, pid, since: startedAt, ...(memoryBytes === undefined ? {} : { memoryBytes }) }
}
