import { applyObjects } from '../../../sandbox/manifests/index.ts'
import { noPodReady } from './pods.ts'
import { setRule } from './mesh-edits.ts'
import type { BadInput } from './bad-input.ts'

/** A limit that few requests decide. */
export const ERRORS = { name: 'error-rate', istio: 'ErrorRate', max: '25%' }
const latency = (max: string) => ({ name: 'p99', istio: 'Latency', percentile: 99, max })

/** What may be wrong with labels, pods and metrics, and with what is said of stable. */
export const SCENE_CASES: readonly BadInput[] = [
  {
    title: 'a version label that the subset of the route lacks',
    says: () => ['subset v1', 'does not select by the label release', 'correct spec.versionLabel'],
    wants: { versionLabel: 'release' },
    mend: async (shop) => shop.patchRollout({ versionLabel: 'version' }),
  },
  {
    title: 'a version label that no pod has',
    says: () => ['spec.version', 'no pod or workload of Service reviews has the label track=', 'found: none'],
    spoil: async (shop) =>
      setRule(shop, { subsets: [{ name: 'v1', labels: { version: 'v1', track: 'v1' } }] }),
    wants: { versionLabel: 'track' },
    mend: async (shop) => {
      await shop.patchRollout({ versionLabel: 'version' })
      await setRule(shop, { subsets: [{ name: 'v1', labels: { version: 'v1' } }] })
    },
  },
  {
    title: 'a latency limit at which the histogram has no boundary',
    says: () => ['spec.analysis.metrics[1].max', 'no boundary at 400ms', 'allowed: ', '250ms, 500ms'],
    wants: { analysis: { metrics: [ERRORS, latency('400ms')] } },
    mend: async (shop) => shop.patchRollout({ analysis: { metrics: [ERRORS, latency('500ms')] } }),
  },
  {
    title: 'a stable version without ready pods',
    says: () => ['no pod of v1, which users have, is ready'],
    spoil: async (shop) => {
      await shop.deploy('v1', {}, 0)
      await noPodReady(shop, 'v1')
    },
    mend: async (shop) => shop.deploy('v1'),
  },
  {
    title: 'a Prometheus of its own at an address of Sluice’s machine',
    says: () => [
      'spec.analysis.prometheus: url is refused: 127.0.0.1 is Sluice\'s own machine, found "http://127.0.0.1:9"',
    ],
    wants: { analysis: { metrics: [ERRORS], prometheus: { url: 'http://127.0.0.1:9' } } },
    mend: async (shop) => shop.patchRollout({ analysis: { prometheus: null } }),
  },
  {
    title: 'a Prometheus of its own whose Secret is missing',
    says: (namespace) => [`spec.analysis.prometheus: there is no Secret ${namespace}/mimir; create it`],
    wants: { analysis: { metrics: [ERRORS], prometheus: { secretRef: { name: 'mimir' } } } },
    mend: async (shop) => {
      const metadata = { namespace: shop.namespace, name: 'mimir' }
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { token: 'abc' } }
      await applyObjects(shop.config, [secret])
    },
  },
]
