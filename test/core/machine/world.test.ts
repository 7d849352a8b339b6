import fc from 'fast-check'
import { describe, it } from 'vitest'
import { happen, run, script } from './world/script.ts'
import { World } from './world/world.ts'

/** Steps after which everything must have come to rest. */
const PATIENCE = 400

describe('a release, through any order of events, crashes, delays and overtaken effects', () => {
  it('keeps every invariant and comes to rest', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(script, ({ scenery, ops }) => {
        const world = new World(scenery)
        world.control()
        for (const entry of ops) happen(world, entry)
        settle(world)
        world.checks.atRest()
      }),
      { numRuns: Number(process.env['RUNS'] ?? 6000), seed: Number(process.env['SEED'] ?? 20260102) },
    )
  })
})

/** Pods are well, nobody disturbs, looks pass. */
function settle(world: World): void {
  world.tell('--- nobody disturbs any more')
  world.spec = { ...world.spec, paused: false }
  for (const version of Object.keys(world.pods)) world.pods[version] = 4
  world.control()
  for (let step = 0; step < PATIENCE && !isAtRest(world); step++) run(world, 1, 'Pass')
  if (!isAtRest(world)) throw new Error(`no rest after ${PATIENCE} steps\n${world.log.slice(-40).join('\n')}`)
}

function isAtRest(world: World): boolean {
  if (world.state !== undefined) return false
  world.control()
  return world.state === undefined
}
