import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AuthorizationV1Api, VersionApi } from '@kubernetes/client-node'
import type {
  CustomObjectsApi,
  V1CustomResourceDefinition,
  V1PolicyRule,
  V1ResourceAttributes,
} from '@kubernetes/client-node'
import { parse } from 'yaml'
import { problemOf, statusOfError, unlessMissing } from '../../src/adapters/kubernetes/client.ts'
import type { KubernetesClient } from '../../src/adapters/kubernetes/client.ts'
import { API_VERSION, GROUP } from '../../src/api/names.ts'
import { isCrd, readObjects, sluiceCrdFiles } from '../cluster/crds.ts'
import { projectRoot } from '../env.ts'

const ISTIO = { group: 'networking.istio.io', version: 'v1' }
const ISTIO_KINDS = ['virtualservices', 'destinationrules']

/**
 * Looks whether Sluice can work on a cluster, before anything is changed.
 * @returns Sluice's definitions that it lacks
 * @throws Error that says what else is missing and what to do
 */
export async function checkCluster(client: KubernetesClient): Promise<V1CustomResourceDefinition[]> {
  await demandAnswer(client)
  await demandIstio(client)
  const crds = await missingCrds(client)
  await demandRights(client, crds.length > 0)
  return crds
}

async function demandAnswer({ config }: KubernetesClient): Promise<void> {
  try {
    await config.makeApiClient(VersionApi).getCode()
  } catch (error) {
    const server = `${config.getCurrentCluster()?.server} (context ${config.getCurrentContext()})`
    if (statusOfError(error) === 401)
      throw new Error(`${server} does not know you: log in again`, { cause: error })
    throw new Error(`${server} does not answer: ${problemOf(error)}`, { cause: error })
  }
}

async function demandIstio({ custom }: KubernetesClient): Promise<void> {
  const names = await resourcesOf(custom, ISTIO)
  const missing = ISTIO_KINDS.filter((kind) => !names.includes(kind))
  if (missing.length === 0) return
  throw new Error(
    `the cluster lacks ${missing.join(' and ')} of ${ISTIO.group}/${ISTIO.version}: install Istio 1.22 or newer, then try again`,
  )
}

/** Sluice's custom resource definitions that a cluster does not serve. */
async function missingCrds({ custom }: KubernetesClient): Promise<V1CustomResourceDefinition[]> {
  const names = await resourcesOf(custom, { group: GROUP, version: API_VERSION })
  const crds = sluiceCrdFiles().flatMap(readObjects).filter(isCrd)
  return crds.filter(({ spec }) => !names.includes(spec.names.plural))
}

/** Which resources of a version of a group there are: everybody may ask that. */
async function resourcesOf(
  api: CustomObjectsApi,
  groupVersion: { group: string; version: string },
): Promise<string[]> {
  const found = await unlessMissing(api.getAPIResources(groupVersion))
  return found?.resources.map(({ name }) => name) ?? []
}

async function demandRights({ config }: KubernetesClient, bringsCrds: boolean): Promise<void> {
  const api = config.makeApiClient(AuthorizationV1Api)
  const crds = {
    apiGroups: ['apiextensions.k8s.io'],
    resources: ['customresourcedefinitions'],
    verbs: ['patch'],
  }
  const needed = [...sluiceRules(), ...(bringsCrds ? [crds] : [])].flatMap(attributesOf)
  const answers = await Promise.all(
    needed.map(async (resourceAttributes) => {
      const body = { spec: { resourceAttributes } }
      const { status } = await api.createSelfSubjectAccessReview({ body })
      return status?.allowed === true ? [] : [describe(resourceAttributes)]
    }),
  )
  const missing = answers.flat()
  if (missing.length === 0) return
  const context = config.getCurrentContext()
  throw new Error(
    `in all namespaces you (context ${context}) need rights that you lack:\n  ${missing.join('\n  ')}`,
  )
}

/** What Sluice itself may do in a cluster, where it runs with rights of its own. */
function sluiceRules(): V1PolicyRule[] {
  const text = readFileSync(join(projectRoot, 'deploy', 'base', 'cluster-role.yaml'), 'utf8')
  return (parse(text) as { rules: V1PolicyRule[] }).rules
}

/** Each right of a rule as a question. */
function attributesOf({ apiGroups = [], resources = [], verbs }: V1PolicyRule): V1ResourceAttributes[] {
  return apiGroups.flatMap((group) =>
    resources.flatMap((path) => {
      const [resource = '', subresource] = path.split('/')
      return verbs.map((verb) => ({
        group,
        resource,
        verb,
        ...(subresource !== undefined && { subresource }),
      }))
    }),
  )
}

function describe({ verb, resource, subresource, group }: V1ResourceAttributes): string {
  const path = subresource === undefined ? resource : `${resource}/${subresource}`
  return `${verb} ${path}${group ? ` of ${group}` : ''}`
}
