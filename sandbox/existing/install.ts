import type { Progress } from '../progress.ts'
import { installProgram, installPrograms } from '../tools/install.ts'
import type { Installation } from '../tools/install.ts'
import { readExisting } from './record.ts'

/** The programs that the sandbox in this folder needs: for an existing cluster nothing is built. */
export async function installationFor(state: string, progress: Progress): Promise<Installation> {
  const existing = readExisting(state)
  if (existing === undefined) return installPrograms(progress)
  const [temporal, prometheus] = await Promise.all([
    installProgram('temporal', progress),
    existing.prometheus === undefined ? installProgram('prometheus', progress) : '',
  ])
  // No other part is started here.
  return { programs: { temporal, prometheus } as Installation['programs'], istioCrds: '' }
}
