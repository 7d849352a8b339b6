import {
  CustomObjectsApi,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
  type V1CustomResourceDefinition,
} from '@kubernetes/client-node'
import { kubeconfigPath } from '../parts/credentials.ts'
import { probeApi } from '../parts/kube-apiserver.ts'
import type { Site } from '../parts/part.ts'
import { until } from '../until.ts'
import { isCrd, listPaths, readObjects, sluiceCrdFiles } from './crds.ts'
import { meshObjects, namespaces } from './objects.ts'

const servedWithinMs = 60_000

/** Brings custom resource definitions, namespaces and mesh objects into the cluster; harmless when repeated. */
export async function setUpCluster(
  site: Site,
  istioCrds: string,
  tell: (text: string) => void,
): Promise<void> {
  const api = clusterApi(site)
  const objects = [istioCrds, ...sluiceCrdFiles()].flatMap(readObjects)
  const crds = objects.filter(isCrd)
  tell(`${crds.length} custom resource definitions`)
  await Promise.all([...objects, ...namespaces].map((object) => apply(api, object)))
  tell('waiting until the API server serves them')
  await Promise.all(crds.flatMap(listPaths).map((path) => until(() => probeApi(site, path), servedWithinMs)))
  const custom = configOf(site).makeApiClient(CustomObjectsApi)
  await Promise.all(crds.map((crd) => until(() => discover(custom, crd), servedWithinMs)))
  // A client remembers what it has discovered, so this one begins after the kinds are there.
  const later = clusterApi(site)
  await Promise.all(meshObjects(site.ports.gateway).map((object) => apply(later, object)))
}

function configOf(site: Site): KubeConfig {
  const config = new KubeConfig()
  config.loadFromFile(kubeconfigPath(site.state))
  return config
}

function clusterApi(site: Site): KubernetesObjectApi {
  return KubernetesObjectApi.makeApiClient(configOf(site))
}

/** Discovery lags behind the resources themselves, and clients go by it. Throws while the kind is not in it. */
async function discover(api: CustomObjectsApi, { spec }: V1CustomResourceDefinition): Promise<void> {
  const { group, names, versions } = spec
  for (const { name: version } of versions.filter(({ served }) => served)) {
    const { resources } = await api.getAPIResources({ group, version })
    const isThere = resources.some(({ kind }) => kind === names.kind)
    if (!isThere) throw new Error(`the API server does not list ${names.kind} of ${group}/${version} yet`)
  }
}

async function apply(api: KubernetesObjectApi, object: KubernetesObject): Promise<void> {
  await api.patch(object, undefined, undefined, 'sluice-sandbox', true, PatchStrategy.ServerSideApply)
}
