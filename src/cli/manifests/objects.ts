import { GROUP_VERSION, keyOf } from '../../api/names.ts'
import type { ObjectRef } from '../../api/names.ts'
import { neighbourProblems } from '../../api/neighbours.ts'
import type { NeighbourKind } from '../../api/neighbours.ts'
import type { Manifest } from '../../ports-views.ts'
import { templateOf } from './views.ts'
import { remarkOn } from './remarks.ts'
import type { Remark } from './remarks.ts'
import type { Entry } from './document.ts'

type NamedKind = Exclude<NeighbourKind, 'Workload'> | 'Namespace'

/** Kinds that Rollouts name, with the group that each belongs to. */
const GROUPS: Readonly<Record<NamedKind, string>> = {
  Namespace: '',
  Service: '',
  VirtualService: 'networking.istio.io',
  DestinationRule: 'networking.istio.io',
}

/** What is meant to be a Rollout of ours, well made or not. */
export interface Candidate extends ObjectRef {
  readonly entry: Entry
}

/** All that files hold and Sluice reads. */
export interface FileObjects {
  readonly candidates: readonly Candidate[]
  /** Objects that Rollouts may name, with their namespaces filled in; of several with one name the last. */
  readonly neighbours: ReadonlyMap<string, Manifest>
  readonly remarks: readonly Remark[]
  /** What is left out, though somebody may have meant it. */
  readonly notes: readonly string[]
}

/** Sorts the entries of files. `namespace` is that of objects which name none. */
export function objectsOf(entries: readonly Entry[], namespace: string): FileObjects {
  const candidates: Candidate[] = []
  const neighbours = new Map<string, Manifest>()
  const remarks: Remark[] = []
  const notes: string[] = []
  for (const entry of entries) {
    const ref = refOf(entry, namespace)
    const kin = kinOf(entry)
    if (kin === 'Rollout') candidates.push({ ...ref, entry })
    else if (kin === 'Foreign') notes.push(foreign(entry))
    else if (kin !== undefined) {
      const problems = kin === 'Namespace' ? [] : neighbourProblems(kin, entry.value['spec'])
      remarks.push(
        ...problems.map((text) => remarkOn(entry, text, `${textOf(entry.value['kind'])} ${keyOf(ref)}`)),
      )
      const object = manifestOf(entry, ref)
      if (problems.length === 0) neighbours.set(objectKey(object.kind ?? kin, ref), object)
    }
  }
  return { candidates, neighbours, remarks, notes }
}

/** Name of an object among all kinds; namespaces themselves have none. */
export function objectKey(kind: string, { namespace, name }: ObjectRef): string {
  return `${kind} ${kind === 'Namespace' ? '' : namespace}/${name}`
}

type Kin = 'Rollout' | 'Foreign' | NeighbourKind | 'Namespace'

/** Other projects have Rollouts too; one without a group, or of a group that sounds like ours, is meant to be ours. */
function kinOf({ value }: Entry): Kin | undefined {
  const [apiVersion, kind] = [textOf(value['apiVersion']), textOf(value['kind'])]
  if (/sluice/i.test(apiVersion)) return 'Rollout'
  if (/^rollouts?$/i.test(kind)) return apiVersion.includes('/') ? 'Foreign' : 'Rollout'
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : ''
  if (kind in GROUPS) return GROUPS[kind as NamedKind] === group ? (kind as NamedKind) : undefined
  return templateOf(value as unknown as Manifest) === undefined ? undefined : 'Workload'
}

function foreign(entry: Entry): string {
  const { file, line } = entry.placeOf(['apiVersion'])
  return `${file}:${line}: not checked: a Rollout of ${textOf(entry.value['apiVersion'])}; those of Sluice are of ${GROUP_VERSION}`
}

function refOf({ value }: Entry, namespace: string): ObjectRef {
  const metadata = (value['metadata'] ?? {}) as { name?: unknown; namespace?: unknown }
  return { namespace: textOf(metadata.namespace) || namespace, name: textOf(metadata.name) || '?' }
}

function manifestOf({ value }: Entry, ref: ObjectRef): Manifest {
  const { annotations, ...metadata } = (value['metadata'] ?? {}) as Record<string, unknown>
  const kept = typeof annotations === 'object' && annotations !== null && { annotations }
  return { ...value, metadata: { ...metadata, ...ref, ...kept } }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
