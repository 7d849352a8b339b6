import { GROUP_VERSION } from '../../api/names.ts'
import { entriesOf } from '../manifests/document.ts'
import { objectsOf } from '../manifests/objects.ts'
import type { Candidate } from '../manifests/objects.ts'
import { readFiles } from '../manifests/read.ts'
import type { Remark } from '../manifests/remarks.ts'
import type { ClusterOptions, Shell } from '../shell.ts'
import { Surroundings } from './surroundings.ts'

/** Options of commands about files. */
export interface FileOptions extends ClusterOptions {
  /** For what the files lack; a kubeconfig or a context asks for it as well. */
  readonly cluster?: true | undefined
  readonly recursive?: true | undefined
}

/** What files hold, and what is around it. */
export interface Loaded {
  readonly candidates: readonly Candidate[]
  readonly around: Surroundings
  /** On what is no Rollout. */
  readonly remarks: readonly Remark[]
  readonly notes: readonly string[]
}

/** Reads files, and opens the cluster where one is asked for. Throws an Error when that fails, or no Rollout is there. */
export async function load(shell: Shell, paths: readonly string[], options: FileOptions): Promise<Loaded> {
  const isLive = options.cluster ?? (options.kubeconfig !== undefined || options.context !== undefined)
  const texts = await readFiles(shell, paths, options.recursive === true)
  const cluster = isLive ? await shell.open(options) : undefined
  const read = texts.map(entriesOf)
  const namespace = options.namespace ?? cluster?.namespace ?? 'default'
  const found = objectsOf(
    read.flatMap(({ entries }) => entries),
    namespace,
  )
  const unreadable = read.flatMap(({ problems }) =>
    problems.map((problem): Remark => ({ ...problem, severity: 'problem' })),
  )
  if (found.candidates.length === 0 && unreadable.length === 0) {
    const others = found.notes.map((note) => `\n${note}`).join('')
    throw new Error(`there is no Rollout of ${GROUP_VERSION} in ${paths.join(', ')}${others}`)
  }
  return {
    candidates: found.candidates,
    around: new Surroundings(found.neighbours, cluster?.reader),
    remarks: [...unreadable, ...found.remarks],
    notes: found.notes,
  }
}
