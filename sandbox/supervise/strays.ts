import { readdirSync, readFileSync } from 'node:fs'
import { identify, type ProcessIdentity } from './process-identity.ts'

/** Environment variable by which our processes are known even when their record is lost. */
export const markerVariable = 'SLUICE_SANDBOX_PROCESS'

/** Whose process it is: sandbox, owner (or the part itself), name. */
export function markerOf(process: { stateDir: string; owner?: string; name: string }): string {
  return [process.stateDir, process.owner ?? process.name, process.name].join('\n')
}

/**
 * Finds processes of a sandbox by their environment, recorded or not: a run that was killed between starting a
 * process and recording it, or somebody who removed the folder of records, leaves such strays.
 * Needs /proc; elsewhere it finds none.
 * @param owner only those of this part
 */
export function findStrays(stateDir: string, owner?: string): ProcessIdentity[] {
  const prefix = `${[stateDir, ...(owner === undefined ? [] : [owner])].join('\n')}\n`
  return pids()
    .filter((pid) => pid !== process.pid && marker(pid)?.startsWith(prefix))
    .map((pid) => identify(pid))
    .filter((identity) => identity !== undefined)
}

function pids(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger)
  } catch {
    return [] // no /proc on this system
  }
}

function marker(pid: number): string | undefined {
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
    return variables
      .find((variable) => variable.startsWith(`${markerVariable}=`))
      ?.slice(markerVariable.length + 1)
  } catch {
    return undefined // ended meanwhile, or another user's
  }
}
