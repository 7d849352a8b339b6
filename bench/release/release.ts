import type { Extent, Outcome, Site } from '../benchmark.ts'
import { inLab } from '../kit/lab.ts'
import { sum } from '../statistics.ts'
import { carry } from './carry.ts'
import { carriedOutcome, recoveryOutcome } from './limits-report.ts'
import { recover } from './recovery.ts'
import { roundsOutcome } from './report.ts'
import { openShops, runRounds } from './rounds.ts'
import { withTraffic } from './traffic.ts'

/** Releases at once in each round, unless said otherwise. */
const ROUNDS = [1, 50, 200]
/** Plateaus go up by this many releases. */
const PLATEAU = 200
/** Requests a second to every shop. */
const RATE = 0.2

/** At level debug Sluice logs each look, which tells how late it was. */
const SETTINGS = { SLUICE_LOG_LEVEL: 'debug' }

/**
 * What releases cost, one and many at once; how many can be under way at once; and how soon they are observed again after a
 * worker was killed.
 */
export async function benchRelease({ sandbox, task }: Site, extent: Extent): Promise<Outcome> {
  const { releases: sizes = ROUNDS, idleSeconds, most, kills } = extent
  const env = await sandbox()
  const withoutWorker = { ...SETTINGS, SLUICE_ROLES: 'controller,server' }
  const recovery = await inLab(env, withoutWorker, async (lab) => {
    await openShops(lab, ['killed'], task)
    return withTraffic(lab, ['killed'], RATE, async () => recover(lab, 'killed', { kills, task }))
  })
  return inLab(env, SETTINGS, async (lab) => {
    const count = Math.max(sum(sizes), most)
    const namespaces = Array.from({ length: count }, (_, index) => `shop-${index}`)
    await openShops(lab, namespaces, task)
    return withTraffic(lab, namespaces, RATE, async () => {
      const rounds = await runRounds(lab, namespaces, { sizes, idleSeconds, task })
      const plateaus = await carry(lab, namespaces, { sizes: plateausTo(most), task })
      return together([roundsOutcome(rounds), carriedOutcome(plateaus), recoveryOutcome(recovery)])
    })
  })
}

function plateausTo(most: number): number[] {
  const full = Array.from({ length: Math.floor(most / PLATEAU) }, (_, index) => (index + 1) * PLATEAU)
  return most % PLATEAU === 0 ? full : [...full, most]
}

function together(outcomes: readonly Outcome[]): Outcome {
  return {
    tables: outcomes.flatMap(({ tables }) => tables),
    figures: Object.assign({}, ...outcomes.map(({ figures }) => figures)) as Outcome['figures'],
    wrong: outcomes.flatMap(({ wrong }) => wrong),
  }
}
