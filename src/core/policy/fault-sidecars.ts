import type { Finding } from '../machine/state.ts'
import type { Scene } from './scene.ts'

/** Label by which pods ask for a proxy, or refuse one. */
const INJECT = 'sidecar.istio.io/inject'
/** Label of namespaces whose pods get a proxy. */
const INJECTION = 'istio-injection'
const REMEDY =
  'have the proxy injected: label the namespace istio-injection: enabled, or the pod template sidecar.istio.io/inject: "true"'

/**
 * Are the calls of the canary's pods routed by proxies? A fault would never arrive at others. Where its pods are not there
 * yet, their template is asked; what that does not tell, the probe itself finds.
 */
export function sidecarChecks(scene: Scene): Finding[] {
  const pods = scene.faults?.pods ?? []
  const bare = pods.filter(({ hasSidecar }) => !hasSidecar)
  const [first] = bare
  if (first !== undefined) {
    const some = bare.length === pods.length ? 'the pods' : `${bare.length} of ${pods.length} pods`
    return [without(scene, `${some} of ${scene.version} have no sidecar, such as ${first.name}`)]
  }
  if (pods.length > 0 || !refusesProxy(scene)) return []
  return [without(scene, `the pods of ${scene.version} will have no sidecar`)]
}

/** Labels of the canary's pods, as far as they are known: those by which its calls are told from others at least. */
export function canaryLabels({
  faults,
  workloads = [],
  service,
  plan,
  version,
}: Scene): Record<string, string> {
  const own = workloads.find((one) => one.version === version)?.podLabels ?? faults?.pods[0]?.labels
  return { ...own, ...service?.selector, [plan.versionLabel]: version }
}

/** A label of the pods counts, then that of the namespace; without either the mesh may do as it likes. */
function refusesProxy({ workloads = [], version, namespaceLabels }: Scene): boolean {
  const own = workloads.find((one) => one.version === version)
  if (own === undefined) return false
  const asked = own.podLabels[INJECT]
  return asked === undefined ? namespaceLabels[INJECTION] === 'disabled' : asked === 'false'
}

function without({ plan }: Scene, what: string): Finding {
  const { name = '' } = plan.faults?.[0] ?? {}
  const message = `spec.faults: ${what}: a fault such as ${name} would never arrive at their calls; ${REMEDY}`
  return { reason: 'ProbeWithoutSidecar', message }
}
