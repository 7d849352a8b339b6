import { MockActivityEnvironment } from '@temporalio/testing'
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { observingActivities } from '../../src/activities/index.ts'
import type { ResultEvent } from '../../src/core/machine/event.ts'
import type { ReleaseState } from '../../src/core/machine/state.ts'
import { transition } from '../../src/core/machine/transition.ts'
import type { Mesh, Ports } from '../../src/ports.ts'
import { cases } from '../core/property.ts'
import { ProbeStage } from './probing-stage.ts'

/** An attempt of the activity whose process dies at some call to the cluster, before it or just after it. */
interface Death {
  readonly atCall: number
  readonly isDone: boolean
  /** Its last heartbeats did not arrive. */
  readonly heartbeatsLost: number
}

const death: fc.Arbitrary<Death> = fc.record({
  atCall: fc.integer({ min: 5, max: 45 }),
  isDone: fc.boolean(),
  heartbeatsLost: fc.constantFrom(0, 1, 3, 10, 30),
})

/** Ports of a process that dies, and when it did: from then on none of its calls comes back. */
function mortal(ports: Ports, { atCall, isDone }: Death): { ports: Ports; died: Promise<'Died'> } {
  const end = Promise.withResolvers<'Died'>()
  let calls = 0
  const dying = <T extends object>(port: T): T =>
    new Proxy(port, {
      get: (target, name) => {
        const method = Reflect.get(target, name) as (...given: unknown[]) => unknown
        return async (...given: unknown[]) => {
          if (calls++ < atCall) return method.apply(target, given)
          if (calls === atCall + 1 && isDone) await method.apply(target, given)
          end.resolve('Died')
          return new Promise(() => undefined)
        }
      },
    })
  const calling: Pick<Mesh, 'read' | 'write' | 'rehearse'> = {
    read: async (...given) => ports.mesh.read(...given),
    write: async (object) => ports.mesh.write(object),
    rehearse: async (object) => ports.mesh.rehearse(object),
  }
  const mesh = { ...ports.mesh, ...dying(calling) }
  return {
    ports: { ...ports, mesh, making: dying(ports.making), changes: dying(ports.changes) },
    died: end.promise,
  }
}

/** Plays a probe whose processes die one after the other; the last lives. */
async function outlive(
  stage: ProbeStage,
  state: ReleaseState,
  deaths: readonly Death[],
): Promise<ResultEvent> {
  const heartbeats: unknown[] = []
  for (const [index, one] of deaths.entries()) {
    const { ports, died } = mortal(stage.cluster.ports, one)
    const ended = await Promise.race([attempt(ports, state, { index, heartbeats }), died])
    if (ended !== 'Died') return ended
    heartbeats.splice(Math.max(0, heartbeats.length - one.heartbeatsLost))
  }
  return attempt(stage.cluster.ports, state, { index: deaths.length, heartbeats })
}

async function attempt(
  ports: Ports,
  state: ReleaseState,
  { index, heartbeats }: { readonly index: number; readonly heartbeats: unknown[] },
): Promise<ResultEvent> {
  const heartbeatDetails = heartbeats.at(-1)
  const environment = new MockActivityEnvironment({ attempt: index + 1, heartbeatDetails })
  environment.on('heartbeat', (details: unknown) => heartbeats.push(JSON.parse(JSON.stringify(details))))
  const event: ResultEvent = await environment.run(observingActivities(ports).probe, state)
  return event
}

describe('a probe whose process dies at any call, as often as it likes', () => {
  it('leaves no fault, never lets one stand longer than it was to, and says what is so', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(death, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(0.5, 0.5, 0),
        fc.boolean(),
        async (deaths, under, required) => {
          const stage = new ProbeStage({ under })
          const state = await stage.probing({ durationMs: 100, recoveryMs: 200, required }, { warmupMs: 20 })
          const event = await outlive(stage, state, deaths)
          for (const { injectedAt, expiresAt } of stage.seen)
            expect(Date.parse(expiresAt) - Date.parse(injectedAt)).toBe(100)
          expect(stage.faults).toEqual([])
          const next = transition(state, event)
          // What the canary did under its fault is never told as what it does without it.
          expect(event.type === 'Failed' ? event.reason : 'none').toBe('none')
          if (under === 0) expect(next.phase).toBe('Observing')
          if (next.phase === 'Lowering') expect({ required, under }).toEqual({ required: true, under: 0.5 })
        },
      ),
      cases(25),
    )
  }, 120_000)
})

describe('a release that is taken back while its probe goes on, deaf', () => {
  it('leaves no fault when both are over', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ max: 150, min: 0 }),
        fc.constantFrom('v1', 'v3'),
        async (afterMs, version) => {
          const stage = new ProbeStage()
          const state = await stage.probing({ durationMs: 60_000 })
          const deaf = attempt(stage.cluster.ports, state, { index: 0, heartbeats: [] })
          await delay(afterMs)
          const lowering = stage.want(state, { version })
          expect(lowering.phase).toBe('Lowering')
          const over = await stage.next(await stage.until('Cleaning', lowering))
          expect(['Done', 'Preflight']).toContain(over.phase)
          expect(await deaf).toMatchObject({ type: 'Overtaken' })
          expect(stage.faults).toEqual([])
        },
      ),
      cases(15),
    )
  }, 120_000)
})
