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
  await Promise.all(meshObjects(site.ports.gateway).map((object) => apply(api, object)))
}

function clusterApi(site: Site): KubernetesObjectApi {
  const config = new KubeConfig()
  config.loadFromFile(kubeconfigPath(site.state))
  return KubernetesObjectApi.makeApiClient(config)
}

async function apply(api: KubernetesObjectApi, object: KubernetesObject): Promise<void> {
  await api.patch(object, undefined, undefined, 'sluice-sandbox', true, PatchStrategy.ServerSideApply)
}
