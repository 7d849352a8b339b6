import type { RolloutStatus } from '../../src/api/v1alpha1/status.ts'
import type { SandboxEnv } from '../../sandbox/env.ts'
import { HEALTHY, MISBEHAVING } from '../../sandbox/kit/canaries.ts'
import { ERRORS_VS_STABLE, beginRelease, openJudged, releaseEnd } from '../../sandbox/kit/judged.ts'
import type { JudgedShop } from '../../sandbox/kit/judged.ts'
import { answersByVersion } from '../../sandbox/load/index.ts'

/** Requests a second to each service. */
export const RATE = 150
/** Of the steps, in percent. */
export const WEIGHTS = [20, 50, 100]
const VERDICT_MS = 600_000

/** How the canary compares with stable: ten times its errors, or as many. */
export type Kind = 'Failing' | 'Alike'

const CANARIES = { Failing: MISBEHAVING.failing, Alike: HEALTHY } as const
/** What has to come of it. */
export const RIGHT = { Failing: 'RolledBack', Alike: 'Promoted' } as const

/** A release, and what came of it. */
export interface Trial {
  readonly kind: Kind
  /** As the Rollout's history says. */
  readonly result: string
  readonly reason: string
  /** Answers of the canary that callers got until it was failed, or had passed the last step with a stable beside it. */
  readonly canaryRequests: number
  /** From when the first weight was written until then. */
  readonly seconds: number
}

/** Releases a canary beside a stable of which one of 1,000 requests fails, in a new namespace. */
export async function tryOut(env: SandboxEnv, name: string, kind: Kind): Promise<Trial> {
  const judged = await openJudged(env, name, {
    metrics: [ERRORS_VS_STABLE],
    perSecond: RATE,
    weights: WEIGHTS,
  })
  try {
    await beginRelease(judged.shop, CANARIES[kind])
    const decision = await seen(judged)
    const [ended] = (await releaseEnd(judged.shop, VERDICT_MS)).history ?? []
    return { kind, result: ended?.result ?? 'nothing', reason: ended?.reason ?? '', ...decision }
  } finally {
    await judged.load.stop()
    await judged.shop.close()
  }
}

/** Waits for the verdict that decides: Fail, or the Pass after which there is nothing left to compare with. */
async function seen({ shop, load }: JudgedShop): Promise<Pick<Trial, 'canaryRequests' | 'seconds'>> {
  const { release } = await shop.status('the canary has weight', hasWeight, VERDICT_MS)
  await shop.status('there is a verdict', isDecided, VERDICT_MS)
  const decidedAt = Date.now()
  const canaryRequests = answersByVersion(await load.snapshot())['v2'] ?? 0
  return { canaryRequests, seconds: (decidedAt - Date.parse(release?.stepStartedAt ?? '')) / 1000 }
}

function hasWeight({ release, history }: RolloutStatus): boolean {
  return history?.[0]?.to === 'v2' || (release?.version === 'v2' && release.stepStartedAt !== undefined)
}

function isDecided({ release, history }: RolloutStatus): boolean {
  return history?.[0]?.to === 'v2' || (release?.version === 'v2' && release.step === WEIGHTS.length)
}
