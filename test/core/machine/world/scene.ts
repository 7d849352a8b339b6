import type { ReleaseState } from '../../../../src/core/machine/state.ts'
import type { Scene } from '../../../../src/core/policy/scene.ts'
import { ROLLOUT, SERVICE } from '../../shop.ts'
import type { World } from './world.ts'

/** All that preflight looks at, as src/activities/preflight gathers it. */
export function sceneOf(world: World, { plan, wanted }: ReleaseState): Scene {
  const { rollout } = world
  return {
    rollout: ROLLOUT,
    plan,
    version: wanted.version,
    initialVersion: undefined,
    status: rollout?.status ?? {},
    service: { ...SERVICE, selector: { app: 'reviews' } },
    virtualServices: [world.virtualService],
    destinationRule: world.destinationRule,
    destinationRules: [],
    namespaceLabels: {},
    rollouts: rollout ? [rollout] : [],
    readyPods: world.pods,
    versions: Object.keys(world.pods),
    metrics: { scraped: true, boundariesMs: [] },
  }
}
