import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import axios from 'axios'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { remainsOf } from '../../../sandbox/kit/remains.ts'
import { hasWeight } from '../../../sandbox/kit/shop.ts'
import type { Shop } from '../../../sandbox/kit/shop.ts'
import { eventually, startSluice } from '../../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../../sandbox/kit/sluice.ts'
import { foreignErrors } from '../../../sandbox/load/index.ts'
import { closeShop, meshOf, openShop, release, releaseOver } from '../../e2e/harness.ts'
import { engineOf } from '../engine.ts'
import type { Engine } from '../engine.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

/** From SIGTERM to the first look of another process (milliseconds). */
const WITHIN_MS = 5_000
const HOLD_MS = 20_000
/** For how long a process is asked whether it is ready still (milliseconds). */
const ASKED_MS = 3_000
const SPEC = {
  steps: [20, 50, 100].map((weight) => ({ weight, hold: weight === 50 ? `${HOLD_MS / 1000}s` : '1s' })),
  // Whoever does not look for two intervals has left the canary unwatched.
  analysis: {
    interval: '3s',
    warmup: '0s',
    metrics: [{ name: 'error-rate', istio: 'ErrorRate', max: '25%' }],
  },
}

const env = workerSandbox()
let processes: SluiceProcess[]
beforeAll(async () => {
  processes = await Promise.all(['handover-a', 'handover-b'].map(start))
})
afterAll(async () => {
  await Promise.all(processes.map(async (one) => one.stop()))
})

async function start(name: string): Promise<SluiceProcess> {
  const started = await startSluice(env, { name, settings: { SLUICE_LOG_LEVEL: 'debug' } })
  await started.ready()
  return started
}

it('a process that is asked to end hands its observers over: none of the hold is lost or repeated', async () => {
  const open = await openShop('handover', SPEC)
  const { shop, load } = open
  const before = await meshOf(shop)
  const engine = await engineOf(env, shop)
  await release(shop, 'v2')
  const held = await shop.status('v2 at 50 %', (status) => hasWeight(status, 50))

  const observer = await observerOf(engine)
  const others = processes.filter(({ pid }) => pid !== observer.pid)
  const answers = answersOf(observer)
  const askedAt = Date.now()
  process.kill(observer.pid, 'SIGTERM')
  const lookedAt = await eventually('another process looks', async () =>
    others.flatMap((other) => looksOf(other, shop)).find((at) => at > askedAt),
  )
  console.info(`observed again ${lookedAt - askedAt} ms after SIGTERM`)
  expect(lookedAt - askedAt).toBeLessThan(WITHIN_MS)
  expect(await observer.exited).toEqual({ code: 0, signal: null })
  // It may end faster than it can be asked.
  const usual = ['/healthz 200', '/readyz 200', '/readyz 503 the process was asked to end']
  expect(usual).toEqual(expect.arrayContaining([...(await answers)]))
  expect(looksOf(observer, shop).filter((at) => at > lookedAt)).toEqual([])

  const status = await releaseOver(shop, 'v2')
  expect(status.history).toMatchObject([{ from: 'v1', to: 'v2', result: 'Promoted' }])
  const raisedAt = Date.parse(held.release?.stepStartedAt ?? '')
  const promotedAt = Date.parse(status.history?.[0]?.finishedAt ?? '')
  expect(promotedAt - raisedAt).toBeGreaterThanOrEqual(HOLD_MS)
  expect(promotedAt - raisedAt).toBeLessThan(2 * HOLD_MS)
  expect((await shop.events()).map(({ reason }) => reason)).not.toContain('Unwatched')
  expect(remainsOf(before, await meshOf(shop), 'v2')).toEqual([])
  expect(foreignErrors(await load.snapshot())).toBe(0)
  await engine.close()
  await closeShop(open)
})

it('a process that says that it is ready stays so: nobody ends another one too early for it', async (context) => {
  const started = await startSluice(env, { name: 'handover-ready' })
  context.onTestFinished(async () => started.stop())
  await eventually('it is ready', async () => (await readiness(started)) === 200)
  const next = new Set<number>()
  const end = Date.now() + ASKED_MS
  while (Date.now() < end) next.add(await readiness(started))
  expect(next).toEqual(new Set([200]))
})

/** Status of /readyz; 0 when nobody answers. */
async function readiness({ url }: SluiceProcess): Promise<number> {
  try {
    return (await axios.get(`${url}/readyz`, { validateStatus: () => true })).status
  } catch {
    return 0
  }
}

/** The process that has an activity of the release in hand. */
async function observerOf(engine: Engine): Promise<SluiceProcess> {
  return eventually('somebody observes', async () => {
    const workers = await engine.workers()
    return processes.find(({ pid }) => workers.includes(pid))
  })
}

/** When a process looked at the metrics of the shop's release; milliseconds since the epoch. */
function looksOf({ logFile }: SluiceProcess, { namespace }: Shop): number[] {
  const lines = readFileSync(logFile, 'utf8').split('\n')
  return lines
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as { msg: string; time: string; rollout?: string })
    .filter(({ msg, rollout }) => msg === 'looked' && rollout === `${namespace}/reviews`)
    .map(({ time }) => Date.parse(time))
}

interface Health {
  readonly problems: readonly string[]
}

/** What a process answers while it ends, until it answers no more. */
async function answersOf({ url }: SluiceProcess): Promise<Set<string>> {
  const answers = new Set<string>()
  for (;;) {
    try {
      for (const path of ['/healthz', '/readyz']) {
        const { status, data } = await axios.get<Health>(url + path, { validateStatus: () => true })
        answers.add([path, status, ...data.problems].join(' '))
      }
      await sleep(10)
    } catch {
      return answers
    }
  }
}
