import type { ReleaseState } from '../core/machine/state.ts'
import { subsetMissing } from '../core/policy/guard.ts'
import { lacksSubset } from '../core/traffic/drift.ts'
import type { DestinationRule } from '../core/traffic/types.ts'
import type { Freshness, Ports } from '../ports.ts'
import { sidesOf } from '../core/traffic/context.ts'
import { readyPods, ruleRef } from './context.ts'

/**
 * Why requests for the canary would meet nobody; undefined when they would not. Asked before each weight: hours may lie
 * between preparation and a raise, in a pause or an outage.
 */
export async function lackOf(ports: Ports, state: ReleaseState): Promise<string | undefined> {
  const { version, subset } = sidesOf(state).canary
  if (readyPods(ports, state, version) === 0) return `no pod of ${version} is ready`
  const read = async (freshness: Freshness) =>
    (await ports.mesh.read(ruleRef(state), freshness)) as DestinationRule | undefined
  // A cache may be behind a subset that was just added.
  const isMissing = lacksSubset(await read('Cached'), subset) && lacksSubset(await read('Fresh'), subset)
  return isMissing ? subsetMissing(version) : undefined
}
