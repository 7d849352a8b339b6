import { beforeEach, describe, expect, it } from 'vitest'
import type { ReleaseState } from '../../src/core/machine/state.ts'
import type { MeshObject } from '../../src/core/traffic/types.ts'
import { RefusedError } from '../../src/ports.ts'
import type { Ports } from '../../src/ports.ts'
import { act } from './drive.ts'
import { Stage } from './stage.ts'

const REFUSED = new RefusedError('the API server answered 403: not yet')

let stage: Stage
let laterMs: number
/** What writes of objects of a kind meet. */
let errors: Record<string, Error>
let ports: Ports

beforeEach(() => {
  stage = new Stage()
  stage.answer('v2', 0)
  laterMs = 0
  errors = {}
  ports = worker()
})

/** A worker with a clock that can be put forward. */
function worker(): Ports {
  const { mesh, ...others } = stage.cluster.ports
  const write = async (object: MeshObject) => {
    const error = errors[object.kind]
    if (error !== undefined) throw error
    await mesh.write(object)
  }
  return { ...others, clock: { now: () => Date.now() + laterMs }, mesh: { ...mesh, write } }
}

/** An action that has waited for long already, as for pods. */
async function waited(phase: 'Preparing' | 'Raising' | 'Promoting'): Promise<ReleaseState> {
  const state = await stage.until(phase)
  return { ...state, phaseAt: state.phaseAt - 30_000 }
}

/** The next attempt. */
async function attempt(state: ReleaseState, afterMs: number): Promise<unknown> {
  laterMs += afterMs
  return act(ports, state)
}

describe.each([
  ['Preparing', 'DestinationRule'],
  ['Preparing', 'VirtualService'],
  ['Raising', 'VirtualService'],
  ['Promoting', 'VirtualService'],
] as const)('a refusal while %s, of a %s', (phase, kind) => {
  it('ends no release that has lasted long already', async () => {
    const state = await waited(phase)
    errors[kind] = REFUSED
    await expect(attempt({ ...state, phaseAt: state.phaseAt - 3_600_000 }, 0)).rejects.toThrow('403')
    delete errors[kind]
    expect((await act(ports, state)).type).not.toBe('Failed')
  })

  it('ends the release when it has lasted for a minute', async () => {
    const state = await waited(phase)
    errors[kind] = REFUSED
    await expect(attempt(state, 0)).rejects.toThrow('403')
    await expect(attempt(state, 59_000)).rejects.toThrow('403')
    laterMs += 2_000
    expect(await act(ports, state)).toMatchObject({ type: 'Failed', reason: 'WriteRefused' })
  })

  it('is counted anew after the API server was away', async () => {
    const state = await waited(phase)
    errors[kind] = REFUSED
    await expect(attempt(state, 0)).rejects.toThrow('403')
    errors[kind] = new Error('nobody answers')
    laterMs += 70_000
    await expect(act(ports, state)).rejects.toThrow('nobody answers')
    errors[kind] = REFUSED
    await expect(attempt(state, 0)).rejects.toThrow('403')
  })
})

it('a refusal is counted anew in the next action, and by a worker that begins anew', async () => {
  const state = await waited('Raising')
  errors['VirtualService'] = REFUSED
  await expect(attempt(state, 0)).rejects.toThrow('403')
  const next = { ...state, seq: state.seq + 1 }
  await expect(attempt(next, 61_000)).rejects.toThrow('403')
  ports = worker()
  await expect(attempt(next, 61_000)).rejects.toThrow('403')
})
