import type { SandboxEnv } from '../../sandbox/env.ts'
import { Ledger } from '../../sandbox/kit/ledger.ts'
import type { Change } from '../../sandbox/kit/ledger.ts'
import { mortalSluice, partOf } from '../../sandbox/kit/parts.ts'
import type { MortalSluice } from '../../sandbox/kit/parts.ts'
import { excusedCount, unexcused } from './checks/errors.ts'
import { isOurs } from './checks/scene.ts'
import { examine, writeChecks } from './checks/writes.ts'
import type { Problem } from './checks/writes.ts'
import { STEPS, roundsOf } from './draw.ts'
import type { Round } from './draw.ts'
import { Journal } from './journal.ts'
import type { Entry } from './journal.ts'
import { killAll } from './kills.ts'
import type { Mortals } from './kills.ts'
import { Moments } from './moments.ts'
import { release } from './release.ts'
import { SoakShop } from './shop.ts'
import { storyOf } from './story.ts'

/** How long a soak goes on: it ends with the round in which either is reached. */
export interface SoakExtent {
  readonly seed: number
  /** Releases. */
  readonly releases?: number | undefined
  /** Minutes, once all is open. */
  readonly minutes?: number | undefined
}

/** What a soak found. */
export interface SoakReport {
  readonly seed: number
  readonly releases: number
  /** How often each thing was tried, by its name. */
  readonly counts: ReadonlyMap<string, number>
  /** Versions of VirtualServices and DestinationRules that were checked, by whose they are. */
  readonly writes: { readonly sluice: number; readonly strangers: number }
  readonly requests: number
  /** Requests that failed while that was somebody else's doing. */
  readonly excused: number
  readonly problems: readonly Problem[]
  /** What happened where something was wrong, by namespace. */
  readonly stories: ReadonlyMap<string, readonly string[]>
}

/** Shops side by side. */
const SHOPS = 3

/**
 * Releases under all that a bad day has, on a sandbox that nobody else uses, and what is to be said of them afterwards.
 * @throws when the sandbox itself does not do what it should
 */
export async function soak(
  env: SandboxEnv,
  extent: SoakExtent,
  tell: (entry: Entry) => void,
): Promise<SoakReport> {
  const journal = new Journal(tell)
  const ledger = await Ledger.begin(env)
  const shops = Array.from({ length: SHOPS }, (_, index) => {
    return new SoakShop(env, `soak-${index + 1}`, index === SHOPS - 1, { ledger, journal })
  })
  const sluice = await startBoth(env)
  try {
    await Promise.all(shops.map(async (shop) => shop.open(env)))
    const run = await runRounds(extent, { shops, journal, mortals: mortalsOf(env, sluice) })
    return await report({ seed: extent.seed, ...run }, shops, ledger, journal)
  } finally {
    await Promise.all(Object.values(sluice).map(async (one) => one.stop()))
    await Promise.all(shops.map(async (shop) => shop.close()))
    ledger.stop()
  }
}

interface Both {
  readonly worker: MortalSluice
  readonly controller: MortalSluice
}

async function startBoth(env: SandboxEnv): Promise<Both> {
  const start = async (role: string) =>
    mortalSluice(env, { name: role, settings: { SLUICE_ROLES: `${role},server` } })
  return { worker: await start('worker'), controller: await start('controller') }
}

function mortalsOf(env: SandboxEnv, sluice: Both): Mortals {
  return {
    ...sluice,
    temporal: partOf(env, 'temporal'),
    istiod: partOf(env, 'istiod'),
    gateway: partOf(env, 'gateway'),
    prometheus: partOf(env, 'prometheus'),
    'kube-apiserver': partOf(env, 'kube-apiserver'),
  }
}

interface Stage {
  readonly shops: readonly SoakShop[]
  readonly journal: Journal
  readonly mortals: Mortals
}

/** Rounds until there were enough; the first in which something is wrong is the last. */
async function runRounds(
  { seed, releases = Infinity, minutes = Infinity }: SoakExtent,
  stage: Stage,
): Promise<{ releases: number; problems: Problem[] }> {
  const end = Date.now() + minutes * 60_000
  let done = 0
  for (const round of roundsOf(seed, stage.shops.length)) {
    if (done >= releases || Date.now() >= end) break
    const problems = await runRound(round, done / stage.shops.length + 1, stage)
    done += stage.shops.length
    if (problems.length > 0) return { releases: done, problems }
  }
  return { releases: done, problems: [] }
}

async function runRound(
  { releases, kills }: Round,
  number: number,
  { shops, journal, mortals }: Stage,
): Promise<Problem[]> {
  journal.note(`round ${number}`)
  const moments = shops.map(() => new Moments())
  const killing = killAll(kills, mortals, moments, journal)
  const running = shops.map(async (shop, index): Promise<Problem[]> => {
    const [planned, mine] = [releases[index], moments[index]]
    if (planned === undefined || mine === undefined) return []
    const problems = await release(shop, `r${number}`, planned, mine)
    return problems.map((text) => ({ namespace: shop.namespace, text: `${planned.twist}: ${text}` }))
  })
  const problems = (await Promise.all(running)).flat()
  await killing
  return problems
}

async function report(
  run: Pick<SoakReport, 'seed' | 'releases' | 'problems'>,
  shops: readonly SoakShop[],
  ledger: Ledger,
  journal: Journal,
): Promise<SoakReport> {
  const { changes } = ledger
  const loads = await Promise.all(shops.map(async (shop) => shop.load.stop()))
  const errors = shops.flatMap(({ namespace }, index): Problem[] => {
    const load = loads[index]
    if (load === undefined) return []
    return unexcused(namespace, load, journal.excuses).map((text) => ({ namespace, text }))
  })
  const problems = [...run.problems, ...examine(changes, writeChecks(STEPS)), ...errors]
  const concerned = new Set(problems.map(({ namespace }) => namespace))
  const stories = [...concerned].map((namespace): [string, string[]] => {
    return [namespace, storyOf(namespace, changes, journal.entries)]
  })
  return {
    ...run,
    counts: journal.counts,
    writes: writesIn(changes),
    requests: loads.reduce((sum, { sent }) => sum + sent, 0),
    excused: loads.reduce((sum, load) => sum + excusedCount(load), 0),
    problems,
    stories: new Map(stories),
  }
}

function writesIn(changes: readonly Change[]): SoakReport['writes'] {
  const writes = changes.filter(({ kind, before, after }) => kind !== 'Rollout' && before && after)
  const sluice = writes.filter(isOurs).length
  return { sluice, strangers: writes.length - sluice }
}
