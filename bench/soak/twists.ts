import type { AppEnv } from '../../sandbox/kit/shop.ts'
import { standing } from '../../sandbox/kit/shop.ts'
import type { VirtualService } from '../../src/core/traffic/types.ts'
import type { Ending } from './checks/rest.ts'
import type { Twist } from './draw.ts'
import { specOf } from './objects.ts'
import type { SoakShop } from './shop.ts'
import { moveWeights, replaceByGit, routeToRetired, stripMark, takeSubset } from './strangers.ts'

/** A release under way. */
export interface Course {
  readonly shop: SoakShop
  readonly version: string
  /** The version that users had when it began. */
  readonly stable: string
  /** The VirtualService as its owner has it in Git. */
  readonly git: VirtualService
}

/** What a kind of release is. */
export interface TwistPlan {
  /** How the pods of the version behave. */
  readonly app?: AppEnv
  /** What the spec says beside the usual. */
  readonly spec?: Record<string, unknown>
  /** What is done before the version is asked for. */
  readonly before?: (course: Course) => Promise<void>
  /** What is done as soon as the version has the weight that was drawn. */
  readonly during?: (course: Course) => Promise<void>
  /** What is done when the version has all requests, and the way back is open. */
  readonly after?: (course: Course) => Promise<void>
  /** How it may end. */
  readonly ending: (course: Course) => Ending
}

/** Longest time for what a release has to answer to (milliseconds). */
const ANSWER_MS = 120_000
const READY = ['Ready/Promoted', 'Ready/Stable']

const promoted = ({ version }: Course): Ending => ({ users: [version], standings: READY })
const stayed = ({ stable }: Course): Ending => ({ users: [stable], standings: READY })
const rolledBack =
  (...failures: string[]) =>
  ({ stable }: Course): Ending => ({ users: [stable], standings: ['Stalled/RolledBack'], failures })

/** A second loss of all pods may be one too many, and proxies may go on asking those that are gone for a while. */
const promotedOrLost = (course: Course): Ending => ({
  users: [course.version, course.stable],
  standings: [...READY, 'Stalled/RolledBack'],
  failures: ['CanaryLost', 'CanaryCrashed', 'MetricFailed'],
})

/** The version that is wanted instead of another. */
function thirdOf(version: string): string {
  return `${version}b`
}

export const TWIST_PLANS: Readonly<Record<Twist, TwistPlan>> = {
  none: { ending: promoted },
  'bad-answers': { app: { ERROR_RATE: 1 }, ending: rolledBack('MetricFailed') },
  'crashing-pods': {
    app: { CRASH: 10_000 },
    spec: {
      steps: [
        { weight: 20, hold: '5m' },
        { weight: 100, hold: '1s' },
      ],
    },
    ending: rolledBack('CanaryCrashed', 'CanaryLost', 'ProgressDeadlineExceeded'),
  },
  'pods-never-ready': {
    app: { START_DELAY_MS: 600_000 },
    spec: { progressDeadline: '8s' },
    ending: rolledBack('ProgressDeadlineExceeded'),
  },
  'weights-moved': { during: async ({ shop }) => moveWeights(shop), ending: promoted },
  'mark-stripped': { during: async ({ shop }) => stripMark(shop), ending: promoted },
  'subset-taken-out': { during: subsetTakenOut, ending: promoted },
  'replaced-by-git': { during: async ({ shop, git }) => replaceByGit(shop, git), ending: promoted },
  'weights-moved-at-rest': { before: movedAtRest, ending: promoted },
  'canary-pods-gone': {
    during: async ({ shop, version }) => podsGone(shop, version),
    ending: promotedOrLost,
  },
  'stable-pods-gone': { during: async ({ shop, stable }) => podsGone(shop, stable), ending: promoted },
  'third-version': {
    during: thirdVersion,
    ending: ({ version }) => ({ users: [thirdOf(version)], standings: READY }),
  },
  'way-back': { during: wayBack, ending: stayed },
  'way-back-later': { spec: { retire: { after: '15s' } }, after: wayBack, ending: stayed },
  'template-changed': {
    during: async ({ shop, version }) => shop.deploy(version, { LATENCY_MS: 1 }),
    ending: promoted,
  },
  'spec-edited': { during: specEdited, ending: promoted },
  paused: { during: paused, ending: promoted },
  deleted: {
    during: deleted,
    ending: ({ stable, version }) => ({ users: [stable, version], standings: READY }),
  },
  'made-anew': { during: madeAnew, ending: promoted },
}

async function subsetTakenOut({ shop, version }: Course): Promise<void> {
  const excused = shop.journal.excuse('a stranger took the subset out', shop.namespace)
  await takeSubset(shop, version)
  const isBack = () =>
    shop.rule()?.spec.subsets?.some(({ labels }) => labels?.['version'] === version) === true
  await shop.until(`the subset of ${version} is back`, isBack, ANSWER_MS)
  excused()
}

async function movedAtRest({ shop, stable }: Course): Promise<void> {
  const excused = shop.journal.excuse('a stranger routes to a version that is gone', shop.namespace)
  await routeToRetired(shop)
  await shop.until(`all requests go to ${stable} again`, () => shop.routed() === stable, ANSWER_MS)
  excused()
}

async function podsGone(shop: SoakShop, version: string): Promise<void> {
  shop.excuseRelease(`the pods of ${version} were taken away`)
  await shop.losePods(version)
}

async function thirdVersion({ shop, version }: Course): Promise<void> {
  const third = thirdOf(version)
  await shop.deploy(third)
  await shop.podsReady(third)
  await shop.patchRollout({ version: third })
}

async function wayBack({ shop, stable }: Course): Promise<void> {
  await shop.patchRollout({ version: stable })
}

/** A release runs with the spec that it began with: its steps must be seen all the same. */
async function specEdited({ shop }: Course): Promise<void> {
  const { analysis } = specOf('')
  await shop.patchRollout({
    steps: [{ weight: 100, hold: '1s' }],
    analysis: { ...(analysis as object), interval: '2s' },
    retire: { after: '1s' },
  })
}

async function paused({ shop }: Course): Promise<void> {
  await shop.patchRollout({ paused: true })
  const isHeld = () => standing(shop.status()) === 'Reconciling/Paused' || shop.isOver() || isPromoted(shop)
  await shop.until('the pause is told', isHeld, ANSWER_MS)
  await shop.patchRollout({ paused: false })
}

function isPromoted(shop: SoakShop): boolean {
  return ['Promoting', 'Retaining', 'Retiring'].includes(shop.status().release?.phase ?? '')
}

/** Deletion takes the release back; whoever makes the Rollout again asks for what users have. */
async function deleted({ shop }: Course): Promise<void> {
  await shop.deleteRollout(ANSWER_MS)
  const users = shop.routed()
  if (users === undefined) throw new Error(`${shop.namespace}: a deleted Rollout left the requests divided`)
  await shop.createRollout(specOf(users))
}

async function madeAnew({ shop, version }: Course): Promise<void> {
  await shop.deleteRollout(ANSWER_MS)
  await shop.createRollout(specOf(version))
}
