import { isAlive } from './process-identity.ts'
import { listRecords } from './records.ts'
import { findStrays } from './strays.ts'

/** A process of a sandbox that runs. */
export interface RunningProcess {
  readonly pid: number
  /** As it was recorded; undefined for one without a record. */
  readonly name: string | undefined
}

/** All processes of a sandbox that run now, recorded or not (those only where there is /proc). */
export function runningProcesses(stateDir: string): RunningProcess[] {
  const recorded = listRecords(stateDir).filter(isAlive)
  const isRecorded = (pid: number) => recorded.some((record) => record.pid === pid)
  const strays = findStrays(stateDir).filter(({ pid }) => !isRecorded(pid))
  return [
    ...recorded.map(({ pid, name }) => ({ pid, name })),
    ...strays.map(({ pid }) => ({ pid, name: undefined })),
  ]
}
