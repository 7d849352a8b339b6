import { canonicalJson } from '../../../src/core/hash.ts'
import { MARK_ANNOTATION } from '../../../src/api/names.ts'
import type {
  DestinationRule,
  HttpRoute,
  MeshObject,
  VirtualService,
} from '../../../src/core/traffic/types.ts'
import { ROUTE, isRoute, leadsHere, ownWrite } from './scene.ts'
import type { Check } from './scene.ts'

/** A write of ours leaves everything that is not ours as it was. */
export function foreignStays(): Check {
  return {
    claim: '3: only our fields are changed by our writes',
    see(change, scene) {
      const write = ownWrite(change, scene)
      if (!write) return []
      const [was, is] = isRoute(write)
        ? [routePart(write.before), routePart(write.after)]
        : [rulePart(write.before, write.after), rulePart(write.after, write.before)]
      return was === is ? [] : [`${change.kind} ${change.name}: ${was} became ${is}`]
    },
  }
}

function routePart(object: VirtualService): string {
  const http = object.spec.http?.map((route) => (route.name === ROUTE ? withoutOurs(route) : route))
  return canonicalJson({ ...outside(object), spec: { ...object.spec, http } })
}

function withoutOurs(route: HttpRoute): unknown {
  return { ...route, route: route.route?.filter(({ destination }) => !leadsHere(destination.host)) }
}

/** Subsets come and go; one that stays is the same. */
function rulePart(object: MeshObject, other: MeshObject): string {
  const { subsets = [], ...spec } = (object as DestinationRule).spec
  const others = new Set((other as DestinationRule).spec.subsets?.map(({ name }) => name))
  return canonicalJson({ ...outside(object), spec, subsets: subsets.filter(({ name }) => others.has(name)) })
}

function outside({ apiVersion, kind, metadata }: MeshObject): Record<string, unknown> {
  const { [MARK_ANNOTATION]: _mark, ...annotations } = metadata.annotations ?? {}
  const { name, namespace, labels, ownerReferences, finalizers } = metadata as Record<string, unknown>
  return { apiVersion, kind, name, namespace, labels, ownerReferences, finalizers, annotations }
}
