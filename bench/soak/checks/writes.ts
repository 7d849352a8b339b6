import type { Change } from '../../../sandbox/kit/ledger.ts'
import type { RolloutStatus } from '../../../src/api/v1alpha1/status.ts'
import type { DestinationRule, VirtualService } from '../../../src/core/traffic/types.ts'
import { foreignStays } from './foreign.ts'
import { haltedStays, sequencesRise } from './marks.ts'
import type { Check, Scene } from './scene.ts'
import { stepsInOrder } from './steps.ts'
import { namedIsKnown, removedIsUnnamed } from './subsets.ts'

/** Something that must not be. */
export interface Problem {
  readonly namespace: string
  readonly text: string
}

/** All that is asked of the record of writes. */
export function writeChecks(steps: readonly number[]): Check[] {
  return [
    sequencesRise(),
    haltedStays(),
    namedIsKnown(),
    removedIsUnnamed(),
    stepsInOrder(steps),
    foreignStays(),
  ]
}

/** Goes through a record in order, and asks all checks at each change. */
export function examine(changes: readonly Change[], checks: readonly Check[]): Problem[] {
  const scenes = new Map<string, Scene>()
  return changes.flatMap((change) => {
    const { namespace, revision } = change
    const scene = scenes.get(namespace) ?? { routes: new Map(), rule: undefined, status: {} }
    const problems = checks.flatMap((check) =>
      check.see(change, scene).map((text) => ({
        namespace,
        text: `invariant ${check.claim}: ${text} (revision ${revision})`,
      })),
    )
    scenes.set(namespace, sceneAfter(scene, change))
    return problems
  })
}

function sceneAfter(scene: Scene, { kind, name, after }: Change): Scene {
  if (kind === 'Rollout')
    return { ...scene, status: (after as { status?: RolloutStatus } | undefined)?.status ?? {} }
  if (kind === 'DestinationRule') return { ...scene, rule: after as DestinationRule | undefined }
  const others = [...scene.routes].filter(([other]) => other !== name)
  return { ...scene, routes: new Map(after ? [...others, [name, after as VirtualService]] : others) }
}
