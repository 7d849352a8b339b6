import fc from 'fast-check'
import { isActive } from '../../../../src/core/policy/decide.ts'
import type { Scenery } from './objects.ts'
import { STRANGER_WRITES, stranger } from './strangers.ts'
import type { StrangerWrite } from './strangers.ts'
import type { Verdict, World } from './world.ts'

const VERSIONS = ['v1', 'v2', 'v3'] as const
type Version = (typeof VERSIONS)[number]

/** One thing that happens in the world. */
export type Op =
  /** The action under way goes on for so many steps, while looks say this. */
  | { readonly op: 'run'; readonly steps: number; readonly verdict: Verdict }
  /** The user wants a version; the controller tells the workflow, `late` together with what comes next. */
  | { readonly op: 'want'; readonly version: Version; readonly late: boolean }
  | { readonly op: 'template'; readonly version: Version; readonly told: boolean }
  | { readonly op: 'pods'; readonly version: Version; readonly ready: number }
  | { readonly op: 'zombie'; readonly index: number; readonly steps: number }
  | { readonly op: 'stranger'; readonly what: StrangerWrite }
  | { readonly op: 'pause' | 'delete' | 'crash' | 'stall' | 'lose' | 'control' }

const version = fc.constantFrom(...VERSIONS)
const verdict = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Verdict>('Pass') },
  { weight: 2, arbitrary: fc.constant<Verdict>('Wait') },
  { weight: 1, arbitrary: fc.constant<Verdict>('Fail') },
  { weight: 1, arbitrary: fc.constant<Verdict>('Renew') },
)
const named = <T extends string>(...names: T[]) => fc.record({ op: fc.constantFrom(...names) })
const kind = <T extends string, R>(op: T, fields: { [K in keyof R]: fc.Arbitrary<R[K]> }) =>
  fc.record({ op: fc.constant(op), ...fields }) as unknown as fc.Arbitrary<{ op: T } & R>

const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 40, arbitrary: kind('run', { steps: fc.integer({ min: 1, max: 40 }), verdict }) },
  { weight: 6, arbitrary: kind('want', { version, late: fc.boolean() }) },
  { weight: 2, arbitrary: kind('template', { version, told: fc.boolean() }) },
  { weight: 4, arbitrary: kind('pods', { version, ready: fc.constantFrom(0, 1, 4) }) },
  {
    weight: 8,
    arbitrary: kind('zombie', { index: fc.nat({ max: 5 }), steps: fc.integer({ min: 1, max: 6 }) }),
  },
  {
    weight: 5,
    arbitrary: kind('stranger', {
      what: fc.constantFrom(...(Object.keys(STRANGER_WRITES) as StrangerWrite[])),
    }),
  },
  { weight: 10, arbitrary: named('crash', 'stall', 'lose', 'control') },
  { weight: 2, arbitrary: named('pause') },
  { weight: 1, arbitrary: named('delete') },
)

/** How the shop looks at first. */
export const scenery: fc.Arbitrary<Scenery> = fc.record({
  share: fc.constantFrom(undefined, 100, 70),
  foreign: fc.boolean(),
  named: fc.boolean(),
  allSubsets: fc.boolean(),
  neighbour: fc.boolean(),
  fullHost: fc.boolean(),
})

/** What happens, one thing after another. */
export const ops = fc.array(op, { maxLength: 60, size: 'max' })

/** Lets one thing happen. */
export function happen(world: World, entry: Op): void {
  world.tell(JSON.stringify(entry))
  switch (entry.op) {
    case 'run':
      return run(world, entry.steps, entry.verdict)
    case 'want':
      return respec(world, { version: entry.version }, entry.late)
    case 'template':
      world.templates[entry.version] = `${world.templates[entry.version]}+`
      return entry.told ? world.control() : undefined
    case 'pods':
      world.pods[entry.version] = entry.ready
      return undefined
    case 'zombie':
      for (let step = 0; step < entry.steps; step++) world.stepZombie(entry.index)
      return undefined
    case 'stranger':
      return stranger(world, entry.what)
    case 'pause':
      return respec(world, { paused: !world.spec.paused })
    case 'delete':
      return remove(world)
    case 'crash':
      return world.crash()
    case 'stall':
      return world.stall()
    case 'lose':
      return world.loseWorkflow()
    case 'control':
      return world.control()
  }
}

/** The action under way and its followers go on, and the controller looks when they tell. */
export function run(world: World, steps: number, says: Verdict): void {
  world.verdict = says
  for (let step = 0; step < steps; step++) {
    if (world.state === undefined) world.control()
    if (world.state === undefined) return
    world.step()
    world.react()
  }
}

/** Before its finalizer stands a Rollout is gone at once; with a workflow in preflight that is not handled yet. */
function remove(world: World): void {
  const isHeld = world.finalizer || (world.state === undefined && !isActive(world.status))
  if (!isHeld) return
  world.deleting = true
  world.control()
}

function respec(world: World, change: Partial<World['spec']>, late = false): void {
  world.spec = { ...world.spec, ...change, generation: world.spec.generation + 1 }
  world.control({ late })
}
