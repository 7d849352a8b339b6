import { keyOf } from '../../api/names.ts'
import { parseSpec } from '../../api/v1alpha1/rollout.ts'
import type { RawRollout } from '../../api/v1alpha1/rollout.ts'
import type { Manifest } from '../../ports-views.ts'
import type { Candidate } from '../manifests/objects.ts'
import type { Surroundings } from './surroundings.ts'

/** After all that a cluster has: what is only in files is yet to be created, in the order of the files. */
const NOT_YET = Date.UTC(9000, 0, 1)

/**
 * All Rollouts that may ask for the same routes: those of the files, with what the cluster knows of them, and those of the
 * cluster. One of a file whose spec is not valid asks for nothing.
 */
export async function rolloutsAround(
  candidates: readonly Candidate[],
  namespace: string,
  around: Surroundings,
): Promise<RawRollout[]> {
  const live = new Map(
    (await around.list('Rollout', namespace)).map((object) => [keyOf(object.metadata), rolloutOf(object)]),
  )
  const inFiles = candidates
    .filter(({ entry }) => 'spec' in parseSpec(entry.value['spec']))
    .map((candidate, index) => {
      const { meta, spec } = rolloutIn(candidate, index)
      const known = live.get(keyOf(candidate))
      return known === undefined ? { meta, spec, status: {} } : { ...known, spec }
    })
  const keys = new Set(candidates.map(keyOf))
  return [...inFiles, ...[...live.values()].filter(({ meta }) => !keys.has(keyOf(meta)))]
}

/** A Rollout of a file, as if it were created now. */
export function rolloutIn({ entry, namespace, name }: Candidate, index: number): RawRollout {
  const creationTimestamp = new Date(NOT_YET + index * 1000).toISOString()
  const metadata = { namespace, name, uid: `uid of ${namespace}/${name}`, generation: 1, creationTimestamp }
  return rolloutOf({ metadata, spec: entry.value['spec'] })
}

function rolloutOf({ metadata, spec, status }: Manifest): RawRollout {
  const { namespace, name } = metadata
  const { uid, generation, resourceVersion, creationTimestamp } = metadata as unknown as Partial<
    RawRollout['meta']
  >
  return {
    meta: {
      namespace,
      name,
      uid: uid ?? '',
      generation: generation ?? 1,
      resourceVersion: resourceVersion ?? '',
      creationTimestamp: String(creationTimestamp),
      finalizers: [],
    },
    spec,
    status: status ?? {},
  }
}
