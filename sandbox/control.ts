import { stateDirectory } from './env.ts'
import { partNamed } from './parts/index.ts'
import { silent } from './progress.ts'
import { lockPath, siteAt } from './site.ts'
import { startPart } from './start-part.ts'
import { isAlive, readRecord, signalProcess, stopProcess, withLock } from './supervise/index.ts'
import { installationFor } from './existing/install.ts'

/**
 * Ends a part, if it runs, and starts it again with the same ports and data; returns when it is healthy.
 * @param state folder of the sandbox; see stateDirectory
 * @throws Error when there is no such part or sandbox, or it does not start
 */
export async function restartPart(name: string, state?: string): Promise<void> {
  const part = partNamed(name)
  const site = siteAt(stateDirectory(state))
  const installation = await installationFor(site.state, silent)
  await withLock(lockPath(site.state), () => startPart(part, site, installation))
}

/**
 * Sends a signal to a part, to see what its users make of that. With SIGKILL it returns when the part is dead.
 * @throws Error when there is no such part, or it does not run
 */
export async function killPart(name: string, signal: NodeJS.Signals, state?: string): Promise<void> {
  const record = readRecord(stateDirectory(state), partNamed(name).name)
  if (!record || !isAlive(record)) throw new Error(`${name} does not run`)
  if (signal === 'SIGKILL') await stopProcess(record, 0)
  else signalProcess(record, signal)
}
