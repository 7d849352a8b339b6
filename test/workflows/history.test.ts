import { requestsAt } from '../core/analysis/looks.ts'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { QUICK } from '../replay/scenarios/kit.ts'
import { Held, untilStopped } from './kit/answers.ts'
import type { Release } from './kit/release.ts'
import { SUGGEST_CONTINUE_AT } from './kit/server.ts'
import { Stage } from './kit/stage.ts'
import { REQUESTS_A_LOOK, afterLook } from './kit/usual.ts'

/** Those of the task under way come on top. */
const MOST_EVENTS = SUGGEST_CONTINUE_AT + 50

let stage: Stage

beforeAll(async () => {
  stage = await Stage.open(inject('temporal'))
  await stage.work()
})

afterAll(async () => stage.close())

async function historyLengths(release: Release): Promise<number[]> {
  return Promise.all(
    release.runs().map(async (runId) => (await release.handle(runId).describe()).historyLength),
  )
}

/** What the first step of the release knows at its end. */
function lastOf(release: Release, n: number) {
  const { state } = release.callsOf('observe')[n]!
  return { started: state.stepStartedAt, requests: requestsAt(state.evidence) }
}

describe('a long release', () => {
  it('is carried on in a new execution while weights are put back again and again, and loses nothing', async () => {
    const release = stage.release({ plan: QUICK })
    const repairs = 25
    for (let n = 0; n < repairs; n++)
      release.once('observe', ({ state }) => ({
        type: 'Drifted',
        evidence: afterLook(state),
        message: 'moved',
      }))
    await release.want()
    await release.ended()
    expect(lastOf(release, repairs)).toEqual({
      started: lastOf(release, 0).started,
      requests: repairs * REQUESTS_A_LOOK,
    })
    expect(release.runs().length).toBeGreaterThan(1)
    expect(Math.max(...(await historyLengths(release)))).toBeLessThan(MOST_EVENTS)
    expect(release.users).toBe('v2')
  })

  it('is carried on while its observer begins anew, and loses nothing', async () => {
    const release = stage.release({ plan: QUICK })
    const times = 25
    for (let n = 0; n < times; n++)
      release.once('observe', ({ state }) => ({
        type: 'Renewed',
        evidence: afterLook(state),
        countedTo: n + 1,
      }))
    await release.want()
    await release.ended()
    expect(lastOf(release, times)).toEqual({
      started: lastOf(release, 0).started,
      requests: times * REQUESTS_A_LOOK,
    })
    expect(release.callsOf('observe')[times]?.state.countFrom).toBe(times)
    expect(release.runs().length).toBeGreaterThan(1)
    expect(Math.max(...(await historyLengths(release)))).toBeLessThan(MOST_EVENTS)
  })

  it('is carried on while the Rollout changes again and again, and knows the last change', async () => {
    const release = stage.release({ plan: QUICK })
    const held = new Held()
    release.on('prepare', held.answer)
    await release.want()
    await release.called('prepare')
    for (let generation = 2; release.callsOf('prepare').length < 2; generation++) {
      await release.want({ paused: generation % 2 === 0, plan: { ...QUICK, generation } })
      // A server that is flooded with signals refuses them.
      await release.state()
    }
    expect((await release.state()).wanted).toEqual(release.wanted)
    expect(release.callsOf('prepare')[1]!.state.seq).toBe(release.callsOf('prepare')[0]!.state.seq)
    expect(release.runs()).toHaveLength(2)
    held.give({ type: 'DeadlineExceeded', message: '0 of 1 needed pods were ready' })
    expect((await release.ended()).ended?.result).toBe('RolledBack')
  })

  it('keeps its observer, whatever changes, for that one knows more than the workflow', async () => {
    const release = stage.release({ plan: QUICK })
    release.once('observe', untilStopped)
    await release.want()
    await release.called('observe')
    let generation = 2
    while ((await release.handle().describe()).historyLength <= SUGGEST_CONTINUE_AT) {
      await release.want({ plan: { ...QUICK, generation: generation++ } })
      await release.state()
    }
    expect((await release.state()).wanted).toEqual(release.wanted)
    expect(release.callsOf('observe')).toHaveLength(1)
    await release.want({ version: 'v1', templateHash: 'template-0' })
    expect((await release.ended()).ended?.result).toBe('RolledBack')
    expect(release.runs().length).toBeGreaterThan(1)
  })
})
