import { MARK_ANNOTATION } from '../../src/api/names.ts'
import type { Mark } from '../../src/core/traffic/mark.ts'
import type { DestinationRule, MeshObject, VirtualService } from '../../src/core/traffic/types.ts'
import { destinationsOf } from './route.ts'
import type { MeshObjects } from './route.ts'

export type { MeshObjects } from './route.ts'

/**
 * What a release left behind that it should not have, one line each; nothing when all is clean: one version in route
 * and rule, no canary in our marks, every foreign field as it was before.
 */
export function remainsOf(before: MeshObjects, after: MeshObjects, version: string): string[] {
  return [
    ...versionsLeft(after, version),
    ...marksLeft(after.virtualService),
    ...marksLeft(after.destinationRule),
    ...foreignChanges(before.virtualService, after.virtualService),
    ...foreignChanges(before.destinationRule, after.destinationRule),
  ]
}

function versionsLeft(mesh: MeshObjects, version: string): string[] {
  const subsets = mesh.destinationRule.spec.subsets ?? []
  const selected = destinationsOf(mesh).map((destination) => destination.version ?? 'nobody')
  return [
    ...(selected.length === 1 && selected[0] === version
      ? []
      : [`the route leads to ${selected.join(', ') || 'nobody'}`]),
    ...(subsets.length === 1
      ? []
      : [`the rule has the subsets ${subsets.map(({ name }) => name).join(', ')}`]),
  ]
}

/** Read here on its own, so that Sluice does not vouch for itself. */
function marksLeft({ kind, metadata }: MeshObject): string[] {
  const marks = JSON.parse(metadata.annotations?.[MARK_ANNOTATION] ?? '[]') as Mark[]
  return marks
    .filter((mark) => mark.canary !== undefined || mark.halted === true)
    .map((mark) => `${kind} still names the canary ${mark.canary}`)
}

function foreignChanges(before: MeshObject, after: MeshObject): string[] {
  return foreignPart(before) === foreignPart(after) ? [] : [`${after.kind}: foreign fields changed`]
}

/** The object without what Sluice owns, and without what the API server writes. */
function foreignPart({ apiVersion, kind, metadata, spec }: MeshObject): string {
  const { [MARK_ANNOTATION]: _mark, ...annotations } = metadata.annotations ?? {}
  const { name, namespace, labels } = metadata
  const { http, subsets: _subsets, ...rest } = spec as VirtualService['spec'] & DestinationRule['spec']
  const routes = http?.map(({ route, ...others }) => ({ ...others, route: route?.map(withoutOurs) }))
  return JSON.stringify({ apiVersion, kind, name, namespace, labels, annotations, rest, routes })
}

function withoutOurs({ weight: _weight, destination, ...others }: Record<string, unknown>): unknown {
  const { subset: _subset, ...place } = destination as Record<string, unknown>
  return { ...others, destination: place }
}
