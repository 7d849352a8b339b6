import { setImmediate } from 'node:timers/promises'
import type { Outcome } from '../benchmark.ts'
import type { Task } from '../../sandbox/progress.ts'
import type { Size } from './simulation/experiments.ts'
import { detectionPart } from './tables/detections.ts'
import { falsePromotionPart } from './tables/false-promotions.ts'
import { falseRollbackPart } from './tables/false-rollbacks.ts'
import { latencyPart } from './tables/latencies.ts'
import { outlookPart } from './tables/outlooks.ts'
import type { Part } from './tables/part.ts'
import { rolloutPart } from './tables/rollouts.ts'
import { smallestPart } from './tables/smallest.ts'

/** Some take longer a run, and need fewer for their figures. */
const PARTS: readonly { name: string; share: number; run: (size: Size) => Part }[] = [
  { name: 'good canaries', share: 1, run: falseRollbackPart },
  { name: 'bad canaries', share: 1, run: detectionPart },
  { name: 'whole releases', share: 1, run: rolloutPart },
  { name: 'unacceptable canaries', share: 0.5, run: falsePromotionPart },
  { name: 'slow canaries', share: 0.25, run: latencyPart },
  { name: 'forecasts', share: 0.1, run: outlookPart },
  { name: 'the least', share: 1, run: smallestPart },
]

/**
 * Simulated releases, judged by the real analysis. Seeded: figures repeat exactly.
 * @param runs releases of each kind of traffic
 */
export async function simulate(runs: number, task: Pick<Task, 'update'>): Promise<Outcome> {
  const parts: Part[] = []
  for (const [index, { name, share, run }] of PARTS.entries()) {
    task.update(`simulates ${name}`)
    // A moment for what draws the progress.
    await setImmediate()
    parts.push(run({ runs: Math.max(20, Math.round(runs * share)), seed: index + 1 }))
  }
  return {
    tables: parts.flatMap(({ tables }) => tables),
    figures: Object.assign(
      { simulations: runs },
      ...parts.map(({ figures }) => figures),
    ) as Outcome['figures'],
    wrong: parts.flatMap(({ wrong }) => wrong),
  }
}
