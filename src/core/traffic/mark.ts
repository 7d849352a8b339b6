import { MARK_ANNOTATION } from '../../api/names.ts'
import { canonicalJson } from '../hash.ts'
import type { MeshObject } from './types.ts'

/**
 * Our mark on a VirtualService or DestinationRule, one for each Rollout that edits it. It tells whose release moves the
 * object, and it is the fence: a writer whose sequence is behind stops. It stays after a release, so that a delayed
 * write of an old worker meets it, and goes with the Rollout.
 */
export interface Mark {
  /** `namespace/name` of the Rollout. */
  readonly rollout: string
  readonly uid: string
  /** Id of the release that wrote last. */
  readonly release: string
  /** Sequence of the action that wrote last; rises over all releases of the Rollout. */
  readonly seq: number
  /** The version that users have. */
  readonly stable: string
  /** The version that is being tried; absent between releases. */
  readonly canary?: string
  /** Percent of requests that the canary should get; on VirtualServices only. */
  readonly weight?: number
  /** The release failed or was aborted: nothing of ours may raise its weight again. */
  readonly halted?: true
  /** The object was made by Sluice, and goes with the Rollout. */
  readonly generated?: true
  /** The release that was taken back last, should the status be lost; on VirtualServices only. */
  readonly failed?: MarkedFailure
  /** The managed http routes; on VirtualServices only. */
  readonly routes?: readonly MarkedRoute[]
  /** Subsets that we added; on DestinationRules only. */
  readonly subsets?: readonly string[]
}

/** A release that is not started again until it changes. */
export interface MarkedFailure {
  readonly version: string
  readonly templateHash: string
  /** See api/v1alpha1/conditions. */
  readonly reason: string
}

/** A managed route as the mark remembers it. */
export interface MarkedRoute {
  /** Its name, or its index where it has none. */
  readonly route: string
  /** What our destinations shared before we came; absent where the route had no weights. */
  readonly share?: number
}

/** All marks of an object. An annotation that is no list of marks counts as none: no raise passes without a mark. */
export function marksOf(object: MeshObject): readonly Mark[] {
  const text = object.metadata.annotations?.[MARK_ANNOTATION]
  if (text === undefined) return []
  const parsed = parseJson(text)
  return Array.isArray(parsed) ? parsed.filter(isMark) : []
}

/** The mark of one Rollout, by `namespace/name`. */
export function markOf(object: MeshObject, rollout: string): Mark | undefined {
  return marksOf(object).find((mark) => mark.rollout === rollout)
}

/** The object with a Rollout's mark set, or taken away when `mark` is undefined. */
export function withMark<T extends MeshObject>(object: T, rollout: string, mark: Mark | undefined): T {
  const others = marksOf(object).filter((other) => other.rollout !== rollout)
  const marks = mark === undefined ? others : [...others, mark]
  const { [MARK_ANNOTATION]: _old, ...annotations } = object.metadata.annotations ?? {}
  const all = marks.length === 0 ? annotations : { ...annotations, [MARK_ANNOTATION]: canonicalJson(marks) }
  const { annotations: _previous, ...metadata } = object.metadata
  const kept = Object.keys(all).length === 0 ? metadata : { ...metadata, annotations: all }
  return { ...object, metadata: kept }
}

/**
 * What a mark remembers of a managed route: by its name, else by its place among them, since strangers rename routes.
 * @param place index among the managed routes
 */
export function rememberedRoute(
  mark: Mark | undefined,
  name: string | undefined,
  place: number,
): MarkedRoute | undefined {
  return mark?.routes?.find(({ route }) => route === name) ?? mark?.routes?.[place]
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isMark(value: unknown): value is Mark {
  if (typeof value !== 'object' || value === null) return false
  const mark = value as Partial<Mark>
  return (
    areTexts([mark.rollout, mark.uid, mark.release, mark.stable]) &&
    (mark.routes === undefined || Array.isArray(mark.routes)) &&
    (mark.failed === undefined || isFailure(mark.failed)) &&
    Number.isSafeInteger(mark.seq)
  )
}

function isFailure(value: unknown): value is MarkedFailure {
  const { version, templateHash, reason } = (value ?? {}) as Partial<MarkedFailure>
  return areTexts([version, templateHash, reason])
}

function areTexts(values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === 'string')
}
