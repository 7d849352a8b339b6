import { keyOf } from '../../api/names.ts'
import type { ObjectRef } from '../../api/names.ts'
import { marksOf } from '../../core/traffic/mark.ts'
import type { MeshObject } from '../../core/traffic/types.ts'
import { RefusedError } from '../../ports.ts'
import type { ListKind, Manifest, ObjectReader, ReadKind } from '../../ports-views.ts'
import { objectKey } from '../manifests/objects.ts'
import type { FileObjects } from '../manifests/objects.ts'
import { templateOf } from '../manifests/views.ts'

const WORKLOADS = ['Deployment', 'StatefulSet'] as const
type WorkloadKind = (typeof WORKLOADS)[number]

/**
 * The objects around Rollouts: those of the files, and for those that the files lack the cluster's, where there is one.
 * Of an object that Sluice moves the cluster's counts: files know only how it began.
 */
export class Surroundings {
  /** What could not be looked at. */
  readonly notes = new Set<string>()
  readonly #files: FileObjects['neighbours']
  readonly #reader: ObjectReader | undefined
  readonly #lists = new Map<string, Promise<readonly Manifest[]>>()

  constructor(files: FileObjects['neighbours'], reader: ObjectReader | undefined) {
    this.#files = files
    this.#reader = reader
  }

  /** A cluster is asked: what it lacks is not there. */
  get isLive(): boolean {
    return this.#reader !== undefined
  }

  /** Undefined: not in the files, and not in the cluster, if one is asked. */
  async read(kind: ReadKind, ref: ObjectRef): Promise<Manifest | undefined> {
    const inFiles = this.inFiles(kind, ref)
    if (inFiles !== undefined && !isMoved(kind)) return inFiles
    const live = await this.#unlessRefused(kind, () => this.#reader?.read(kind, ref))
    return this.#preferred(inFiles, live)
  }

  inFiles(kind: ReadKind, ref: ObjectRef): Manifest | undefined {
    return this.#files.get(objectKey(kind, ref))
  }

  /** Those of all namespaces that may be seen, and at least of one. */
  async list(kind: Exclude<ListKind, WorkloadKind>, namespace: string): Promise<Manifest[]> {
    const live = await this.#listEverywhere(kind, namespace)
    const files = [...this.#files.values()].filter((object) => object.kind === kind)
    return this.#merged(live, files)
  }

  /** Undefined: they may not be listed, which a note says. Few may list what only fault probes ask for. */
  async listIfAllowed(kind: 'ServiceEntry' | 'Sidecar', namespace: string): Promise<Manifest[] | undefined> {
    try {
      return await this.list(kind, namespace)
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error
      this.notes.add(`not checked: ${kind}s, which you may not list`)
      return undefined
    }
  }

  /** Workloads of a namespace: of the cluster Deployments and StatefulSets, of the files whatever has a pod template. */
  async workloads(namespace: string): Promise<Manifest[]> {
    const live = await Promise.all(
      WORKLOADS.map(async (kind) => {
        const objects = (await this.#reader?.list(kind, namespace)) ?? []
        return objects.map((object) => ({ ...object, kind }))
      }),
    )
    const files = [...this.#files.values()].filter(
      (object) => object.metadata.namespace === namespace && templateOf(object) !== undefined,
    )
    return this.#merged(live.flat(), files)
  }

  /** Of the cluster; none without one. */
  async pods(namespace: string): Promise<readonly Manifest[]> {
    return (await this.#reader?.pods(namespace)) ?? []
  }

  #merged(live: readonly Manifest[], files: readonly Manifest[]): Manifest[] {
    const keyIn = ({ kind = '', metadata }: Manifest) => objectKey(kind, metadata)
    const inFiles = new Map(files.map((object) => [keyIn(object), object]))
    const known = new Set(live.map(keyIn))
    return [
      ...live.map((object) => this.#preferred(inFiles.get(keyIn(object)), object) ?? object),
      ...files.filter((object) => !known.has(keyIn(object))),
    ]
  }

  async #listEverywhere(kind: ListKind, namespace: string): Promise<readonly Manifest[]> {
    const reader = this.#reader
    if (reader === undefined) return []
    const listed = this.#lists.get(kind) ?? reader.list(kind, undefined)
    this.#lists.set(kind, listed)
    try {
      return await listed
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error
      this.notes.add(`not checked: ${kind}s of other namespaces, which you may not list`)
      return reader.list(kind, namespace)
    }
  }

  /** Labels of a namespace matter seldom, and few may read them. */
  async #unlessRefused<T>(kind: ReadKind, read: () => Promise<T> | undefined): Promise<T | undefined> {
    try {
      return await read()
    } catch (error) {
      if (kind !== 'Namespace' || !(error instanceof RefusedError)) throw error
      this.notes.add('not checked: the labels of the namespace, which you may not read')
      return undefined
    }
  }

  #preferred(inFiles: Manifest | undefined, live: Manifest | undefined): Manifest | undefined {
    if (inFiles === undefined || live === undefined) return inFiles ?? live
    if (!isMoved(live.kind) || marksOf(live as unknown as MeshObject).length === 0) return inFiles
    const name = `${live.kind} ${keyOf(live.metadata)}`
    this.notes.add(`${name} is taken as the cluster has it, since Sluice moves it`)
    return live
  }
}

function isMoved(kind: string | undefined): boolean {
  return kind === 'VirtualService' || kind === 'DestinationRule'
}
