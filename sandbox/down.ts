import { existsSync, rmSync } from 'node:fs'
import { behaviourDirectory, envPath, stateDirectory, targetsDirectory } from './env.ts'
import { leaveCluster } from './existing/leave.ts'
import { recordPath } from './existing/record.ts'
import { agent } from './parts/agent.ts'
import { kubeconfigPath } from './parts/credentials.ts'
import { etcd } from './parts/etcd.ts'
import { gateway } from './parts/gateway.ts'
import { istiod } from './parts/istiod.ts'
import { kubeApiserver } from './parts/kube-apiserver.ts'
import { kubeControllerManager } from './parts/kube-controller-manager.ts'
import { dataRoot, type Part } from './parts/part.ts'
import { portsPath } from './parts/ports.ts'
import { prometheus } from './parts/prometheus.ts'
import { temporal } from './parts/temporal.ts'
import { type Progress, silent } from './progress.ts'
import { lockPath } from './site.ts'
import { stopPart } from './start-part.ts'
import { findStrays, listRecords, stopProcess, stopRecorded, withLock } from './supervise/index.ts'

export interface DownOptions {
  /** Folder of the sandbox; default: SLUICE_SANDBOX, else `.sandbox` in the project. */
  state?: string
  progress?: Progress
}

const guestGraceMs = 5_000

/** Users of a part end before it; those in a row have nothing to do with each other. */
const waves: Part[][] = [
  [gateway, prometheus, temporal, istiod, kubeControllerManager],
  [kubeApiserver],
  [etcd],
]

/**
 * Ends every process of the sandbox, and removes its data and what it has brought to an existing cluster. Logs stay.
 * Harmless when nothing runs.
 * @throws Error when an existing cluster does not answer; the processes have ended then
 */
export async function down({ state, progress = silent }: DownOptions = {}): Promise<void> {
  const folder = stateDirectory(state)
  if (!existsSync(folder) && findStrays(folder).length === 0) return
  await withLock(
    lockPath(folder),
    async () => {
      const task = progress.task('down')
      await stopAll(folder, task.update)
      for (const note of await leaveCluster(folder, task.update)) progress.line(note)
      removeState(folder)
      task.done(`nothing runs; logs stay in ${folder}/logs`)
    },
    (pid) => progress.line(`waiting for process ${pid}, which works on this sandbox`),
  )
}

async function stopAll(state: string, tell: (text: string) => void): Promise<void> {
  const stop = async (part: Part): Promise<void> => {
    tell(`ending ${part.name}`)
    await stopPart(part, { state })
  }
  await stopGuests(state)
  await stop(agent) // ends its pods in good order, as long as there is an API server
  for (const wave of waves) await Promise.all(wave.map(stop))
  await Promise.all(findStrays(state).map((stray) => stopProcess(stray, guestGraceMs)))
}

/** What others recorded here, such as Sluice and the load of the demo: they end before what they use. */
async function stopGuests(state: string): Promise<void> {
  const parts = new Set<string>([agent, ...waves.flat()].map((part) => part.name))
  const guests = listRecords(state).filter(({ name, owner }) => !parts.has(name) && owner !== agent.name)
  await Promise.all(guests.map(({ name }) => stopRecorded(state, name, { graceMs: guestGraceMs })))
}

function removeState(state: string): void {
  const paths = [
    dataRoot(state),
    targetsDirectory(state),
    behaviourDirectory(state),
    envPath(state),
    kubeconfigPath(state),
    portsPath(state),
    recordPath(state),
  ]
  for (const path of paths) rmSync(path, { recursive: true, force: true })
}
