import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive, type ProcessIdentity } from './process-identity.ts'
import { readRecord, removeRecord } from './records.ts'

const pollMs = 20
const killPatienceMs = 10_000

/**
 * Ends the recorded process of this name and removes its record. Nothing happens if it is dead already.
 * @param graceMs time between SIGTERM and SIGKILL, in milliseconds; 0 for SIGKILL at once
 * @throws Error when it survives even SIGKILL.
 */
export async function stopRecorded(
  stateDir: string,
  name: string,
  { graceMs }: { graceMs: number },
): Promise<void> {
  const record = readRecord(stateDir, name)
  if (record) await stopProcess(record, graceMs)
  removeRecord(stateDir, name)
}

/** As {@link stopRecorded}, for a process without a record. */
export async function stopProcess(identity: ProcessIdentity, graceMs: number): Promise<void> {
  if (graceMs > 0) {
    signalProcess(identity, 'SIGTERM')
    if (await hasEnded(identity, graceMs)) return
  }
  signalProcess(identity, 'SIGKILL')
  if (!(await hasEnded(identity, killPatienceMs))) {
    throw new Error(`process ${identity.pid} did not end within ${killPatienceMs} ms of SIGKILL`)
  }
}

/** Sends a signal to the process, and to its group if it leads one, unless it is dead. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isAlive(identity)) return
  if (!trySignal(-identity.pid, signal)) trySignal(identity.pid, signal)
}

function trySignal(target: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(target, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

async function hasEnded(identity: ProcessIdentity, withinMs: number): Promise<boolean> {
  const end = performance.now() + withinMs
  while (isAlive(identity)) {
    if (performance.now() > end) return false
    await sleep(pollMs)
  }
  return true
}
