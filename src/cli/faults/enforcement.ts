import { RefusedError } from '../../ports.ts'
import type { Manifest, ObjectReader } from '../../ports-views.ts'
import { labelsOf } from '../manifests/views.ts'

/** Is a controller there that takes a fault out when this command cannot? `Unknown`: these rights do not tell. */
export type Enforcement = 'Running' | 'Missing' | 'Unknown'

/** Where deploy/base puts it. */
const HOME = 'sluice-system'

/**
 * Looks for a Deployment of Sluice with ready pods: at home, then everywhere. A controller that runs outside of the cluster
 * is not seen. Throws when the cluster does not answer.
 */
export async function enforcementIn(reader: ObjectReader): Promise<Enforcement> {
  const atHome = await deployments(reader, HOME)
  if (atHome?.some(isReadySluice) === true) return 'Running'
  const all = await deployments(reader, undefined)
  if (all === undefined) return 'Unknown'
  return all.some(isReadySluice) ? 'Running' : 'Missing'
}

async function deployments(reader: ObjectReader, namespace: string | undefined) {
  try {
    return await reader.list('Deployment', namespace)
  } catch (error) {
    if (error instanceof RefusedError) return undefined
    throw error
  }
}

function isReadySluice(deployment: Manifest): boolean {
  const { readyReplicas = 0 } = (deployment.status ?? {}) as { readyReplicas?: number }
  return labelsOf(deployment)['app.kubernetes.io/name'] === 'sluice' && readyReplicas > 0
}
