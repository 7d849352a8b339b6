import {
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
} from '@kubernetes/client-node'
import { kubeconfigPath } from '../parts/credentials.ts'
import { probeApi } from '../parts/kube-apiserver.ts'
import type { Site } from '../parts/part.ts'
import { until } from '../until.ts'
import { isCrd, listPaths, readObjects, sluiceCrdFiles } from './crds.ts'
import { untilDiscovered } from './discovery.ts'
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
  await untilDiscovered(configOf(site), crds)
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

async function apply(api: KubernetesObjectApi, object: KubernetesObject): Promise<void> {
  await api.patch(object, undefined, undefined, 'sluice-sandbox', true, PatchStrategy.ServerSideApply)
}
