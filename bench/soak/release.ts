import type { VirtualService } from '../../src/core/traffic/types.ts'
import { restProblems } from './checks/rest.ts'
import type { PlannedRelease } from './draw.ts'
import type { Moments } from './moments.ts'
import { specOf } from './objects.ts'
import type { SoakShop } from './shop.ts'
import { TWIST_PLANS } from './twists.ts'
import type { Course, TwistPlan } from './twists.ts'

/** Longest time from one thing of a release to the next, with whatever is killed meanwhile (milliseconds). */
const RELEASE_MS = 180_000
/** Time in which what a stranger did last is mended (milliseconds). */
const REST_MS = 30_000

/**
 * One release from its deployment to its end.
 * @returns what must not be, one line each
 */
export async function release(
  shop: SoakShop,
  version: string,
  { twist, weight }: PlannedRelease,
  moments: Moments,
): Promise<string[]> {
  const [git] = shop.routes() as [VirtualService]
  const course: Course = { shop, version, stable: shop.stable, git }
  const plan = TWIST_PLANS[twist]
  shop.note(`release of ${version} from ${shop.stable}: ${twist}`)
  shop.journal.count(twist)
  try {
    await begin(course, plan)
    moments.reach('Asked')
    await twistIt(course, plan, weight, moments)
    moments.reach('Twisted')
    return await finish(course, plan)
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  } finally {
    moments.over()
    shop.endExcuse()
  }
}

async function begin(course: Course, { before, app, spec }: TwistPlan): Promise<void> {
  const { shop, version } = course
  await before?.(course)
  if (app?.['CRASH'] !== undefined) shop.excuseRelease('the pods of the version crash')
  await shop.deploy(version, app)
  if (app?.['START_DELAY_MS'] === undefined) await shop.podsReady(version)
  await shop.patchRollout(specOf(version, spec))
  const { metadata } = shop.rollout() ?? {}
  shop.note(`asked for ${version} (generation ${metadata?.generation})`)
}

/** The twist needs a canary with weight; where the release is over before, there is nothing to twist. */
async function twistIt(
  course: Course,
  { during, after }: TwistPlan,
  weight: number,
  moments: Moments,
): Promise<void> {
  const { shop, version } = course
  const isHere = () => shop.status().release?.version === version
  const has = (percent: number) => isHere() && (shop.status().weight?.observed ?? 0) >= percent
  const isOver = () => isHere() && shop.isOver()
  await shop.until(`${version} has a weight`, () => has(1) || isOver(), RELEASE_MS)
  moments.reach('Weight')
  if (during !== undefined) {
    await shop.until(`${version} has ${weight} %`, () => has(weight) || isOver(), RELEASE_MS)
    await during(course)
    shop.note(`twisted at ${shop.status().weight?.desired} %`)
  }
  if (after === undefined) return
  const isPromoted = () => isHere() && shop.status().release?.phase === 'Retaining'
  await shop.until(`${version} is promoted`, () => isPromoted() || isOver(), RELEASE_MS)
  await after(course)
  shop.note('twisted after promotion')
}

async function finish(course: Course, { ending }: TwistPlan): Promise<string[]> {
  const { shop } = course
  const expected = ending(course)
  await shop.until(`the release of ${course.version} is over`, () => shop.isSettled(), RELEASE_MS)
  const problems = await settledProblems(shop, expected)
  shop.stable = shop.routed() ?? shop.stable
  const { history: [last] = [] } = shop.status()
  shop.journal.count(`ended: ${last?.result ?? 'without a history'}`)
  shop.note(`over: users have ${shop.stable}; ${last?.result}: ${last?.reason}`)
  if (problems.length === 0) await shop.dropOthers()
  return problems
}

/** What a stranger did last may still be being mended. */
async function settledProblems(
  shop: SoakShop,
  expected: Parameters<typeof restProblems>[1],
): Promise<string[]> {
  const end = Date.now() + REST_MS
  for (;;) {
    const problems = restProblems(await shop.patiently(async () => shop.rest()), expected)
    if (problems.length === 0 || Date.now() > end) return problems
    await shop.ledger.change(500)
  }
}
