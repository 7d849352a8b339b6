import { KubernetesObjectApi } from '@kubernetes/client-node'
import type { KubernetesObject } from '@kubernetes/client-node'
import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node'
import type { Shop } from '../../../sandbox/kit/shop.ts'
import { eventually } from '../../../sandbox/kit/sluice.ts'
import { applyObjects } from '../../../sandbox/manifests/index.ts'

/** An admission policy that refuses every write to some VirtualServices, until it is lifted. */
export class Refusal {
  readonly #shop: Shop
  readonly #objects: readonly KubernetesObject[]
  #lifted = false

  private constructor(shop: Shop, objects: readonly KubernetesObject[]) {
    this.#shop = shop
    this.#objects = objects
  }

  /** Refuses writes to the VirtualServices of a namespace; resolves when it is in force. */
  static async of(shop: Shop, namespace: string, name: string): Promise<Refusal> {
    const objects = policy(`refuse-${namespace}`, namespace)
    await applyObjects(shop.config, objects)
    const refusal = new Refusal(shop, objects)
    await eventually('writes are refused', async () => !(await canWrite(shop, namespace, name)))
    return refusal
  }

  /** Lets everybody write again; a second call does nothing. */
  async lift(): Promise<void> {
    if (this.#lifted) return
    this.#lifted = true
    const api = KubernetesObjectApi.makeApiClient(this.#shop.config)
    for (const object of this.#objects.toReversed()) await api.delete(object)
  }
}

function policy(name: string, namespace: string): KubernetesObject[] {
  const rule = {
    apiGroups: ['networking.istio.io'],
    apiVersions: ['*'],
    operations: ['UPDATE'],
    resources: ['virtualservices'],
  }
  const metadata = { name }
  const common = { apiVersion: 'admissionregistration.k8s.io/v1', metadata }
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': namespace } }
  return [
    {
      ...common,
      kind: 'ValidatingAdmissionPolicy',
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: { namespaceSelector, resourceRules: [rule] },
        validations: [{ expression: 'false', message: 'nobody may write this VirtualService just now' }],
      },
    } as KubernetesObject,
    {
      ...common,
      kind: 'ValidatingAdmissionPolicyBinding',
      spec: { policyName: name, validationActions: ['Deny'] },
    } as KubernetesObject,
  ]
}

/** A try that changes nothing. */
async function canWrite({ custom }: Shop, namespace: string, name: string): Promise<boolean> {
  const ref = { group: 'networking.istio.io', version: 'v1', plural: 'virtualservices', namespace, name }
  const body = { metadata: { annotations: { tried: 'yes' } } }
  try {
    const options = setHeaderOptions('Content-Type', PatchStrategy.MergePatch)
    await custom.patchNamespacedCustomObject({ ...ref, body, dryRun: 'All' }, options)
    return true
  } catch {
    return false
  }
}
