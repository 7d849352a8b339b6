import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { addWatch } from '../../../src/cli/commands/watch.ts'
import type { RolloutSight } from '../../../src/ports-views.ts'
import { AT_20, PROMOTED, ROLLED_BACK, aRollout, anEvent } from '../fixtures.ts'
import { World } from '../world.ts'

const UNDER_WAY: RolloutSight = { rollout: aRollout(AT_20), events: [] }
const GOOD: RolloutSight = { rollout: aRollout(PROMOTED), events: [anEvent(2, 'Promoted')] }
const BAD: RolloutSight = { rollout: aRollout(ROLLED_BACK), events: [] }
const GONE: RolloutSight = { rollout: undefined, events: [] }
const ERASE_LINE = '\u001B[2K'
const TERMINAL = { columns: 80, rows: 40 }

/** Watches while the Rollout shows itself in these ways. */
async function watch(
  sights: readonly RolloutSight[],
  args: readonly string[] = [],
  terminal?: typeof TERMINAL,
) {
  const world = new World([aRollout(AT_20)], terminal)
  const ended = world.run(addWatch, ['watch', 'reviews', ...args])
  for (const sight of sights) await world.show(sight)
  return { world, ended }
}

describe('sluice watch', () => {
  it('ends with 0 when users have the version wanted', async () => {
    const { world, ended } = await watch([UNDER_WAY, GOOD])
    await ended
    expect(world.exitCode).toBe(0)
    expect(world.text).toContain('Promoted: v2 has all traffic')
  })

  it('ends with 1 after a rollback', async () => {
    const { world, ended } = await watch([UNDER_WAY, BAD])
    await ended
    expect(world.exitCode).toBe(1)
  })

  it('ends at once when the release had ended before', async () => {
    const { world, ended } = await watch([GOOD])
    await ended
    expect(world.exitCode).toBe(0)
  })

  it('waits for the last event, which is recorded right after the last status', async () => {
    const { world, ended } = await watch([UNDER_WAY, { ...GOOD, events: [] }, GOOD])
    await ended
    expect(world.text).toContain('event Promoted')
  })

  it('ends with 1 when the Rollout is deleted', async () => {
    const { world, ended } = await watch([UNDER_WAY, GONE])
    await ended
    expect(world.exitCode).toBe(1)
    expect(world.notes).toEqual(['Rollout reviews in namespace shop was deleted.'])
  })

  it('goes on with --follow until it is interrupted', async () => {
    const { world, ended } = await watch([UNDER_WAY, GOOD, BAD, UNDER_WAY], ['--follow'])
    expect(world.exitCode).toBeUndefined()
    world.interruption.abort()
    await ended
    expect(world.exitCode).toBe(130)
    expect(world.text.match(/Progressing/g)).toHaveLength(2)
  })

  it('names the others when there is no such Rollout', async () => {
    const world = new World([aRollout(AT_20)])
    await expect(world.run(addWatch, ['watch', 'web'])).rejects.toThrow(
      'no Rollout web in namespace shop; there are: reviews',
    )
  })

  it('says once that it is out of date, and that it is not any more', async () => {
    const broken = { ...UNDER_WAY, problem: 'connect ECONNREFUSED' }
    const { world, ended } = await watch([UNDER_WAY, broken, broken, UNDER_WAY, GOOD])
    await ended
    expect(world.text.match(/out of date, trying again: connect ECONNREFUSED/g)).toHaveLength(1)
    expect(world.text.match(/up to date again/g)).toHaveLength(1)
  })
})

describe('sluice watch on a terminal', () => {
  it('draws the view in place, and leaves the last one', async () => {
    const { world, ended } = await watch([UNDER_WAY, GOOD], [], TERMINAL)
    await ended
    expect(world.text).toContain(ERASE_LINE)
    const text = stripVTControlCharacters(world.text)
    expect(text).toContain('step 2 of 4')
    expect(text).toContain('watching; Ctrl-C ends')
    expect(text.trimEnd().split('\n').at(-1)).toContain('v1 → v2  Promoted  took 1m')
  })

  it('leaves a clean view when it is interrupted', async () => {
    const { world, ended } = await watch([UNDER_WAY], [], TERMINAL)
    world.interruption.abort()
    await ended
    expect(world.exitCode).toBe(130)
    const last = world.text.slice(world.text.lastIndexOf('shop/reviews'))
    expect(last).toContain('step 2 of 4')
    expect(last).not.toContain('watching')
  })

  it('keeps the title in sight where rows are few', async () => {
    const { world, ended } = await watch([UNDER_WAY], [], { columns: 80, rows: 8 })
    const frame = world.written.find((text) => text.includes('shop/reviews')) ?? ''
    expect(stripVTControlCharacters(frame).trim().split('\n').length).toBeLessThan(8)
    world.interruption.abort()
    await ended
  })
})
