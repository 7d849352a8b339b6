import { FIELD_MANAGER } from '../../api/names.ts'
import type { MeshObject } from './types.ts'

/** An object whose weights or subsets somebody else writes, too. */
export interface Contested {
  readonly kind: MeshObject['kind']
  readonly namespace: string
  readonly name: string
}

/** Somebody who writes again and again what Git says. */
export interface GitOpsManager {
  readonly manager: string
  /** RFC 3339 time of its last write of the field, if the API server knows it. */
  readonly time?: string
}

interface Writer {
  readonly named: RegExp
  /** It comes back by itself; people and pipelines do not. */
  readonly reconciles: boolean
  readonly remedy: (object: Contested) => string
}

/** What Sluice writes: as a field, and as jq finds it without what is not ours. Istio's lists are one value to others. */
const FIELDS = {
  VirtualService: { name: 'http', jq: '.spec.http[].route' },
  DestinationRule: { name: 'subsets', jq: '.spec.subsets' },
} as const

const SSA_ANNOTATION = 'kustomize.toolkit.fluxcd.io/ssa'

/** The first that fits. */
const WRITERS: readonly Writer[] = [
  { named: /^argocd/, reconciles: true, remedy: argoCd },
  { named: /^helm-controller$/, reconciles: true, remedy: fluxHelm },
  { named: /^(kubectl|flux-client-side-apply$)/, reconciles: false, remedy: kubectl },
  { named: /^(kustomize-controller$|flux)/, reconciles: true, remedy: flux },
  { named: /^fleet/, reconciles: true, remedy: fleet },
  { named: /^helm/i, reconciles: false, remedy: helm },
]

/**
 * What to do so that a field manager leaves the weights or subsets of an object alone: YAML to paste where the tool is
 * known, else a sentence. Undefined for Sluice itself.
 */
export function remedyFor(manager: string, object: Contested): string | undefined {
  if (manager === FIELD_MANAGER) return undefined
  const writer = WRITERS.find(({ named }) => named.test(manager))
  if (writer !== undefined) return writer.remedy(object)
  return `Tell ${manager} to leave ${fieldOf(object)} of ${keyOf(object)} alone: Sluice writes it while a Rollout moves its traffic.`
}

/**
 * GitOps tools that own the weights or subsets of an object, each once, the latest first. Sluice's own write takes the
 * ownership, so this tells of what will come only before it, or after the tool has come back.
 */
export function gitOpsManagersOf(object: MeshObject): GitOpsManager[] {
  const owners = (object.metadata['managedFields'] ?? []) as readonly ManagedFields[]
  const found = owners
    .filter((entry) => ownsField(entry, object.kind) && reconciles(entry.manager ?? '', object))
    .toSorted((a, b) => ((a.time ?? '') < (b.time ?? '') ? 1 : -1))
  const managers = new Set(found.map(({ manager = '' }) => manager))
  return [...managers].map((manager) => {
    const time = found.find((entry) => entry.manager === manager)?.time
    return { manager, ...(time !== undefined && { time }) }
  })
}

interface ManagedFields {
  readonly manager?: string
  readonly time?: string
  readonly subresource?: string
  readonly fieldsV1?: { readonly 'f:spec'?: Readonly<Record<string, unknown>> }
}

function ownsField({ subresource, fieldsV1 }: ManagedFields, kind: MeshObject['kind']): boolean {
  return subresource === undefined && fieldsV1?.['f:spec']?.[`f:${FIELDS[kind].name}`] !== undefined
}

function reconciles(manager: string, object: MeshObject): boolean {
  const writer = WRITERS.find(({ named }) => named.test(manager))
  return writer?.reconciles === true && !(writer.remedy === flux && isLeftAlone(object))
}

/** Flux has been told already. */
function isLeftAlone({ metadata }: MeshObject): boolean {
  const policy = metadata.annotations?.[SSA_ANNOTATION]?.toLowerCase()
  return policy === 'ifnotpresent' || policy === 'ignore'
}

function argoCd({ kind, namespace, name }: Contested): string {
  return `# Argo CD: in the Application, below spec
ignoreDifferences:
  - group: networking.istio.io
    kind: ${kind}
    namespace: ${namespace}
    name: ${name}
    jqPathExpressions: ['${FIELDS[kind].jq}']
syncPolicy:
  syncOptions: [RespectIgnoreDifferences=true]`
}

function flux({ kind }: Contested): string {
  return `# Flux: on the ${kind} in Git; Flux creates it, and leaves it alone from then on
metadata:
  annotations:
    ${SSA_ANNOTATION}: IfNotPresent`
}

function fluxHelm({ kind, namespace, name }: Contested): string {
  return `# Flux: in the HelmRelease, below spec
driftDetection:
  ignore:
    - paths: [/spec/${FIELDS[kind].name}]
      target: { kind: ${kind}, namespace: ${namespace}, name: ${name} }`
}

function fleet({ kind, namespace, name }: Contested): string {
  return `# Fleet: in fleet.yaml
diff:
  comparePatches:
    - apiVersion: networking.istio.io/v1
      kind: ${kind}
      namespace: ${namespace}
      name: ${name}
      jsonPointers: [/spec/${FIELDS[kind].name}]`
}

function helm(object: Contested): string {
  return `Leave ${fieldOf(object)} of ${keyOf(object)} in the chart as it was when it was installed, and change the version by the Rollout: an upgrade writes what differs between two versions of the chart.`
}

function kubectl(object: Contested): string {
  return `Change the version by spec.version of the Rollout. Before "kubectl apply" of ${keyOf(object)} take ${fieldOf(object)} from the cluster into the file, or leave the object out.`
}

function fieldOf({ kind }: Contested): string {
  return `spec.${FIELDS[kind].name}`
}

function keyOf({ kind, namespace, name }: Contested): string {
  return `${kind} ${namespace}/${name}`
}
