import { join } from 'node:path'
import type { Progress, Task } from '../progress.ts'
import { type CacheEntry, ensureEntry, entryFolder, isCached } from './cache.ts'
import { findInstalled } from './locate.ts'
import { istioCrds, type ProgramName, type Source, sources } from './programs.ts'
import { run } from './run.ts'

export interface Installation {
  programs: Record<ProgramName, string>
  /** Path of Istio's custom resource definitions. */
  istioCrds: string
}

/**
 * Finds, installs or builds every program of the sandbox.
 * @throws Error that names the program and what is needed to get it
 */
export async function installPrograms(progress: Progress): Promise<Installation> {
  const from = sources()
  const get = (name: ProgramName): Promise<string> => getProgram(name, from[name], progress)
  const all = [buildWithGo(get, progress), get('envoy'), get('temporal'), get('prometheus')] as const
  failTogether(await Promise.allSettled(all))
  const [go, envoy, temporal, prometheus] = await Promise.all(all)
  return { programs: { ...go.programs, envoy, temporal, prometheus }, istioCrds: go.istioCrds }
}

/**
 * Finds or installs one program, for those who need no whole sandbox.
 * @returns its path
 * @throws Error that names the program and what is needed to get it
 */
export async function installProgram(name: ProgramName, progress: Progress): Promise<string> {
  return getProgram(name, sources()[name], progress)
}

// All at once: a failing download must not abandon the build beside it, nor be found out only after the next try.
function failTogether(results: PromiseSettledResult<unknown>[]): void {
  const reasons = results
    .filter((result) => result.status === 'rejected')
    .map((result) => result.reason as Error)
  if (reasons.length === 0) return
  throw new Error(reasons.map((reason) => reason.message).join('\n'), { cause: reasons[0] })
}

async function buildWithGo(get: (name: ProgramName) => Promise<string>, progress: Progress) {
  const programs = {
    etcd: await get('etcd'),
    'kube-apiserver': await get('kube-apiserver'),
    'kube-controller-manager': await get('kube-controller-manager'),
    'pilot-discovery': await get('pilot-discovery'),
  }
  const crds = istioCrds()
  const folder = isCached(crds)
    ? entryFolder(crds)
    : await reported(progress, 'Istio CRDs', (task) => ensureEntry(crds, task))
  return { programs, istioCrds: join(folder, crds.name) }
}

async function getProgram(name: ProgramName, options: Source[], progress: Progress): Promise<string> {
  const there = findInstalled(name) ?? options.map(cachedPath).find((path) => path !== undefined)
  if (there !== undefined) return there
  return reported(progress, name, (task) => fromFirst(options, task))
}

function cachedPath({ entry, path }: Source): string | undefined {
  return isCached(entry) ? join(entryFolder(entry), path) : undefined
}

async function fromFirst(options: Source[], task: Task): Promise<string> {
  const failures: unknown[] = []
  for (const source of options) {
    try {
      return join(await ensureEntry(checked(source), task), source.path)
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length === 1) throw failures[0]
  throw new Error(failures.map((error) => (error as Error).message).join('\nand then: '), {
    cause: failures[0],
  })
}

/** The entry, complete only if its program runs: a package made for another libc is found out here. */
function checked({ entry, path, check }: Source): CacheEntry {
  return {
    ...entry,
    async build(folder, task) {
      await entry.build(folder, task)
      await run(join(folder, path), check)
    },
  }
}

async function reported<T extends string>(
  progress: Progress,
  title: string,
  work: (task: Task) => Promise<T>,
): Promise<T> {
  const task = progress.task(title)
  try {
    const path = await work(task)
    task.done(path)
    return path
  } catch (error) {
    task.fail('not available')
    throw error
  }
}
