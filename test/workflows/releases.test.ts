import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { QUICK, SCENARIOS } from '../replay/scenarios.ts'
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
    expect(state).toMatchObject({ phase: 'Done', ended: { result } })
  })
})
