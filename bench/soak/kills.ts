import { setTimeout as sleep } from 'node:timers/promises'
import { outageOf } from '../../sandbox/kit/parts.ts'
import type { Mortal } from '../../sandbox/kit/parts.ts'
import type { PlannedKill, Victim } from './draw.ts'
import type { Journal } from './journal.ts'
import type { Moments } from './moments.ts'

export type Mortals = Readonly<Record<Victim, Mortal>>

/** Kills one after the other, each when the release that it waits for has come so far. */
export async function killAll(
  kills: readonly PlannedKill[],
  mortals: Mortals,
  moments: readonly Moments[],
  journal: Journal,
): Promise<void> {
  for (const { victim, awayMs, shop, moment } of kills) {
    await moments[shop]?.wait(moment)
    journal.count(`kill -9 ${victim}`)
    journal.note(`kill -9 ${victim}, away for ${awayMs} ms`)
    // Without a gateway nobody answers, whatever Sluice does.
    const excused = victim === 'gateway' ? journal.excuse('the gateway was killed') : undefined
    const outage = await outageOf(mortals[victim])
    await sleep(awayMs)
    await outage.end()
    excused?.()
    journal.note(`${victim} is back`)
  }
}
