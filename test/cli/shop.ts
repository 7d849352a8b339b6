import { stringify } from 'yaml'
import { GROUP_VERSION } from '../../src/api/names.ts'
import type { Manifest } from '../../src/ports-views.ts'
import { aDestinationRule, aVirtualService, to } from '../core/shop.ts'

/** The objects of the shop, as people write them into files. */

const NAMED = { name: 'reviews', namespace: 'shop' }
const APP = { app: 'reviews' }

export function aRolloutFile(spec: object = {}, changes: object = {}): Manifest {
  return {
    apiVersion: GROUP_VERSION,
    kind: 'Rollout',
    metadata: NAMED,
    spec: {
      version: 'v2',
      traffic: {
        service: 'reviews',
        existing: {
          virtualServices: [{ name: 'reviews', routes: ['primary'] }],
          destinationRule: { name: 'reviews' },
        },
      },
      analysis: { metrics: [{ name: 'error-rate', istio: 'ErrorRate', max: '1%' }] },
      ...spec,
    },
    ...changes,
  }
}

export const SERVICE: Manifest = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: NAMED,
  spec: { selector: APP },
}
export const RULE = aDestinationRule() as unknown as Manifest
export const ROUTE = aVirtualService([to('v1')]) as unknown as Manifest

export function aDeployment(version: string): Manifest {
  const template = { metadata: { labels: { ...APP, version } }, spec: {} }
  const metadata = { ...NAMED, name: `reviews-${version}` }
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { template } }
}

export function aPod(version: string, ready = true): Manifest {
  const metadata = { ...NAMED, name: `reviews-${version}-0`, labels: { ...APP, version } }
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }]
  return { apiVersion: 'v1', kind: 'Pod', metadata, status: { conditions } }
}

/** All that a release needs. */
export const SHOP: readonly Manifest[] = [SERVICE, RULE, ROUTE, aDeployment('v1'), aDeployment('v2')]

/** The text of a file with these objects. */
export function fileOf(...objects: readonly object[]): string {
  return objects.map((object) => `---\n${stringify(object)}`).join('')
}
