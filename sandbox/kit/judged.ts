import type { RolloutStatus } from '../../src/api/v1alpha1/status.ts'
import type { SandboxEnv } from '../env.ts'
import { startLoadProcess } from '../load/index.ts'
import type { LoadProcess } from '../load/index.ts'
import { HEALTHY } from './canaries.ts'
import { Shop, quickSpec } from './shop.ts'
import type { AppEnv, ShopOptions } from './shop.ts'

/** How a release is judged, and on what traffic. */
export interface Scene extends ShopOptions {
  readonly metrics: readonly Record<string, unknown>[]
  readonly analysis?: Record<string, unknown>
  /** Requests a second; default: 200. */
  readonly perSecond?: number
  /** How v1 behaves; default: as a healthy version. */
  readonly stable?: AppEnv
  /** Of the steps, in percent; default: 50 and 100. */
  readonly weights?: readonly number[]
}

/** A shop under load that is stable at v1. */
export interface JudgedShop {
  readonly shop: Shop
  readonly load: LoadProcess
}

/** Errors against those of stable. */
export const ERRORS_VS_STABLE = {
  name: 'error-rate',
  istio: 'ErrorRate',
  vsStable: { harmBudget: '0.5%' },
}

/** Opens a shop in a new namespace whose next release is judged so: at each interval of a second, without a hold. */
export async function openJudged(env: SandboxEnv, name: string, scene: Scene): Promise<JudgedShop> {
  const { metrics, analysis, perSecond = 200, stable = HEALTHY, weights = [50, 100], ...options } = scene
  const shop = new Shop(env, `${name}-${Date.now().toString(36)}`)
  await shop.open(stable, options)
  const load = await startLoadProcess({
    url: env.gateway,
    host: shop.host,
    path: '/',
    ratePerSecond: perSecond,
  })
  try {
    await shop.applyRollout(
      quickSpec('v1', {
        steps: weights.map((weight) => ({ weight, hold: '1s' })),
        analysis: { interval: '1s', warmup: '1s', ...analysis, metrics },
      }),
    )
    await shop.status('v1 is stable', (status) => status.stableVersion === 'v1')
    return { shop, load }
  } catch (error) {
    await load.stop()
    throw error
  }
}

/** Deploys v2 and asks for it. */
export async function beginRelease(shop: Shop, app: AppEnv): Promise<void> {
  await shop.deploy('v2', app)
  await shop.podsReady('v2', 2)
  await shop.patchRollout({ version: 'v2' })
}

/** Waits for the end of the release of v2, whatever came of it. */
export async function releaseEnd(shop: Shop, withinMs: number): Promise<RolloutStatus> {
  const isOver = ({ release, history }: RolloutStatus) =>
    history?.[0]?.to === 'v2' && (release?.phase === 'Done' || release?.phase === 'Retaining')
  return shop.status('the release of v2 has a verdict', isOver, withinMs)
}
