import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { SCENARIOS } from '../replay/scenarios.ts'
import { QUICK } from '../replay/scenarios/kit.ts'
import { Stage } from './kit/stage.ts'

let stage: Stage

beforeAll(async () => {
  stage = await Stage.open(inject('temporal'))
  await stage.work()
})

afterAll(async () => stage.close())

describe('releases of every kind', () => {
  it.for(SCENARIOS)('$name', async ({ play, journal, users, result }) => {
    const release = stage.release({ plan: QUICK })
    await play(release)
    const state = await release.ended()
    expect(release.journal()).toEqual(journal)
    expect(release.users).toBe(users)
    expect(state.phase).toBe('Done')
    expect(state.ended?.result).toBe(result)
  })
})
